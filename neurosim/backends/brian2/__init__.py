"""Simulation of a network in Brian2, which is loaded by the first call."""

from neurosim.backends.brian2.run import simulate

__all__ = ["simulate"]
