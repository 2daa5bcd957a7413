"""Quantisation of a step program to the integers of a chip, with a list of everything that changed."""
