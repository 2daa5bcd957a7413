"""Child processes that leave nothing behind, and Ctrl-C."""
