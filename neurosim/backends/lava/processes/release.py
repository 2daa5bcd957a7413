"""Short-term plasticity: a relay after a population forwards each spike with the released fraction as its payload."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Release(AbstractProcess):
    """Relay for short-term plasticity with the variables x = 1 - deficit and u = base + excess of Tsodyks and Markram.

    Deficit and excess decay in each step. At a spike, the relay sends u x; then x decreases by u x, and u increases by
    jump (1 - u).

    Parameters
    ----------
    shape : tuple of int
        Shape of the population.
    base, jump : float or int
        u at rest, and the factor of its increase at a spike; in fixed point, in units of 2^-16.
    kept_x, kept_u : float or int
        Fractions of deficit and excess that remain after a step; in fixed point, in units of 2^-12.
    """

    def __init__(self, *, shape, base, jump, kept_x, kept_u, **kwargs):
        super().__init__(shape=shape, **kwargs)
        self.s_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.deficit = Var(shape=shape, init=0)
        self.excess = Var(shape=shape, init=0)
        self.base = Var(shape=(1,), init=base)
        self.jump = Var(shape=(1,), init=jump)
        self.kept_x = Var(shape=(1,), init=kept_x)
        self.kept_u = Var(shape=(1,), init=kept_u)


@implements(proc=Release, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyReleaseFloat(PyLoihiProcessModel):
    """Model of `Release` in floating point."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    deficit: np.ndarray = LavaPyType(np.ndarray, float)
    excess: np.ndarray = LavaPyType(np.ndarray, float)
    base: float = LavaPyType(float, float)
    jump: float = LavaPyType(float, float)
    kept_x: float = LavaPyType(float, float)
    kept_u: float = LavaPyType(float, float)

    def run_spk(self):
        """Update the variables by one step and send the released fractions."""
        spikes = self.s_in.recv() != 0
        self.deficit[:] = self.deficit * self.kept_x
        self.excess[:] = self.excess * self.kept_u
        u = self.base + self.excess
        released = np.where(spikes, u * (1 - self.deficit), 0)
        self.excess[:] = self.excess + np.where(spikes, self.jump * (1 - u), 0)
        self.deficit[:] = self.deficit + released
        self.s_out.send(released)


@implements(proc=Release, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyReleaseFixed(PyLoihiProcessModel):
    """Model of `Release` in integers: x and u have 16 fractional bits, decays 12, and the payload 8."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    deficit: np.ndarray = LavaPyType(np.ndarray, np.int64)
    excess: np.ndarray = LavaPyType(np.ndarray, np.int64)
    base: int = LavaPyType(int, np.int64)
    jump: int = LavaPyType(int, np.int64)
    kept_x: int = LavaPyType(int, np.int64)
    kept_u: int = LavaPyType(int, np.int64)

    def run_spk(self):
        """Update the variables by one step and send the released fractions."""
        one = 1 << 16
        spikes = self.s_in.recv() != 0
        self.deficit[:] = (self.deficit * self.kept_x) >> 12
        self.excess[:] = (self.excess * self.kept_u) >> 12
        u = self.base + self.excess
        released = np.where(spikes, (u * (one - self.deficit)) >> 16, 0)
        self.excess[:] = self.excess + np.where(spikes, (self.jump * (one - u)) >> 16, 0)
        self.deficit[:] = self.deficit + released
        self.s_out.send(np.minimum(released >> 8, 255))
