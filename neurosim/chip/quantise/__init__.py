"""Quantisation: step program -> chip integers, with a list of everything that changed."""
