"""Network -> Brian2 -> Recording. Brian2 is loaded by the first call."""

from neurosim.simulate.run import simulate

__all__ = ["simulate"]
