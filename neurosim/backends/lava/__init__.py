"""Export of step programs as Lava process graphs, and their execution in Lava."""
