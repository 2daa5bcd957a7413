"""Training by desire backpropagation."""
