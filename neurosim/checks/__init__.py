"""Checks of user input before it is used: arguments, quantities, arrays, and times on the grid of steps."""
