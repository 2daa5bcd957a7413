"""LIF neuron with a refractory period, in floating and fixed point (Lava's LIFRefractory has only floating point)."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import AbstractPyLifModelFixed, AbstractPyLifModelFloat
from lava.proc.lif.process import LIF


class RefractoryLIF(LIF):
    """LIF neuron that holds v and cannot spike for `refractory_period` steps after a spike, while u is still updated.

    Parameters
    ----------
    refractory_period : int
        Number of steps in which v is held; with 0, the neuron is a plain LIF.
    """

    def __init__(self, *, refractory_period=1, **kwargs):
        super().__init__(**kwargs)
        self.held = Var(shape=self.v.shape, init=0)
        self.refractory_period = Var(shape=(1,), init=refractory_period)


@implements(proc=RefractoryLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyRefractoryLifFloat(AbstractPyLifModelFloat):
    """Model of `RefractoryLIF` in floating point."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    vth: float = LavaPyType(float, float)
    held: np.ndarray = LavaPyType(np.ndarray, np.int32)
    refractory_period: int = LavaPyType(int, np.int32)

    def subthr_dynamics(self, activation_in):
        before = self.v.copy()
        super().subthr_dynamics(activation_in)
        self.v[:] = np.where(self.held > 0, before, self.v)

    def spiking_activation(self):
        return (self.v > self.vth) & (self.held == 0)

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = 0
        self.held[:] = np.where(spike_vector, self.refractory_period, np.maximum(self.held - 1, 0))


@implements(proc=RefractoryLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyRefractoryLifFixed(AbstractPyLifModelFixed):
    """Model of `RefractoryLIF` in Loihi's integers."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    vth: int = LavaPyType(int, np.int32, precision=17)
    held: np.ndarray = LavaPyType(np.ndarray, np.int32)
    refractory_period: int = LavaPyType(int, np.int32)

    def scale_threshold(self):
        self.effective_vth = np.left_shift(self.vth, self.vth_shift)
        self.isthrscaled = True

    def subthr_dynamics(self, activation_in):
        before = self.v.copy()
        super().subthr_dynamics(activation_in)
        self.v[:] = np.where(self.held > 0, before, self.v)

    def spiking_activation(self):
        return (self.v > self.effective_vth) & (self.held == 0)

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = 0
        self.held[:] = np.where(spike_vector, self.refractory_period, np.maximum(self.held - 1, 0))
