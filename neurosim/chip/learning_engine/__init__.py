"""Plasticity rules in the fields of Loihi's learning engine."""
