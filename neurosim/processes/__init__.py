"""Child processes that leave no files or processes when they end, handling of Ctrl-C, and clocks."""
