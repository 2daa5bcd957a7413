"""The emulator: runs a step program in float, or bit for bit in the chip's integers, fast."""

from neurosim.emulate.arithmetic import Arithmetic
from neurosim.emulate.engine import emulate
from neurosim.emulate.network import emulate_network
from neurosim.emulate.session import Session

__all__ = ["Arithmetic", "Session", "emulate", "emulate_network"]
