"""What people see on a terminal: consoles, tables and progress."""
