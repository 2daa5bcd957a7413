"""Network -> Brian2 -> Recording. Brian2 is loaded by the first call."""

from neurosim.backends.brian2.run import simulate

__all__ = ["simulate"]
