"""Output on a terminal: consoles, tables and progress."""
