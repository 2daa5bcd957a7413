"""LIF neuron with a soft reset: a spike subtracts the threshold from the voltage."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import AbstractPyLifModelFixed, AbstractPyLifModelFloat
from lava.proc.lif.process import LIF


class SoftResetLIF(LIF):
    """LIF neuron that spikes where v >= vth, after which v <- v - vth.

    The part of v above the threshold is preserved, so the spike count is proportional to the integral of the input.
    """


@implements(proc=SoftResetLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PySoftResetLifFloat(AbstractPyLifModelFloat):
    """Model of `SoftResetLIF` in floating point."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    vth: float = LavaPyType(float, float)

    def spiking_activation(self):
        return self.v >= self.vth

    def reset_voltage(self, spike_vector):
        self.v[:] = np.where(spike_vector, self.v - self.vth, self.v)


@implements(proc=SoftResetLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PySoftResetLifFixed(AbstractPyLifModelFixed):
    """Model of `SoftResetLIF` in Loihi's integers; u wraps and v saturates as in Lava's LIF."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    vth: int = LavaPyType(int, np.int32, precision=17)

    def scale_threshold(self):
        self.effective_vth = np.left_shift(self.vth, self.vth_shift)
        self.isthrscaled = True

    def spiking_activation(self):
        return self.v >= self.effective_vth

    def reset_voltage(self, spike_vector):
        self.v[:] = np.where(spike_vector, self.v - self.effective_vth, self.v)
