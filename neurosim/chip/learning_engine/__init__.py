"""Compilation of plasticity rules to the fields of Loihi's learning engine."""
