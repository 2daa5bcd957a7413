"""What a plasticity rule is, needs and runs on, found by running it."""
