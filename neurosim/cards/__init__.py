"""Cards of plasticity rules: what a rule computes, what it needs, and where it runs, found by running it."""
