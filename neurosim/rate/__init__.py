"""Learning with rates."""
