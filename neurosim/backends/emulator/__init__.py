"""Fast emulator that runs a step program in float, or bit for bit in the integers of the chip."""

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.engine import emulate
from neurosim.backends.emulator.kernel_source import kernel_source
from neurosim.backends.emulator.session import Session

__all__ = ["Arithmetic", "Session", "emulate", "kernel_source"]
