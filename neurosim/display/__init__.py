"""How objects show themselves: short texts, tables for notebooks, and the look of figures."""
