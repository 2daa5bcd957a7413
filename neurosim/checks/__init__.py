"""What users give, checked before anything is made of it: arguments, quantities, arrays, times on the grid of steps."""
