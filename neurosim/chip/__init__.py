"""Hardware targets and what a chip does to a program: quantisation, limits, and the report of every loss."""
