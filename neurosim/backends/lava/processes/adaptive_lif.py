"""LIF neuron with an adaptive threshold, which rises at every spike and then decays."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import AbstractPyLifModelFixed, AbstractPyLifModelFloat
from lava.proc.lif.process import LIF


class AdaptiveLIF(LIF):
    """LIF neuron with threshold vth + theta.

    theta <- theta * (1 - dtheta) before the comparison v > vth + theta; at a spike v <- 0 and theta <- theta + theta_jump.

    Parameters
    ----------
    dtheta : float or array
        Decay of theta per step; in fixed point, a 12-bit fraction like `dv`.
    theta_jump : float or array
        Increase of theta at a spike; in fixed point, before the shift by 6 like `vth`.
    """

    def __init__(self, *, dtheta=0, theta_jump=0, **kwargs):
        super().__init__(**kwargs)
        self.theta = Var(shape=self.v.shape, init=0)
        self.dtheta = Var(shape=(1,), init=dtheta)
        self.theta_jump = Var(shape=(1,), init=theta_jump)


@implements(proc=AdaptiveLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyAdaptiveLifFloat(AbstractPyLifModelFloat):
    """Model of `AdaptiveLIF` in floating point."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    vth: float = LavaPyType(float, float)
    theta: np.ndarray = LavaPyType(np.ndarray, float)
    dtheta: float = LavaPyType(float, float)
    theta_jump: float = LavaPyType(float, float)

    def spiking_activation(self):
        self.theta[:] = self.theta * (1 - self.dtheta)
        return self.v > self.vth + self.theta

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = 0
        self.theta[:] = self.theta + spike_vector * self.theta_jump


@implements(proc=AdaptiveLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyAdaptiveLifFixed(AbstractPyLifModelFixed):
    """Model of `AdaptiveLIF` in Loihi's integers; theta is in units of the state and decays toward zero like v."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    vth: int = LavaPyType(int, np.int32, precision=17)
    theta: np.ndarray = LavaPyType(np.ndarray, np.int64)
    dtheta: int = LavaPyType(int, np.uint16, precision=12)
    theta_jump: int = LavaPyType(int, np.int32, precision=17)

    def scale_threshold(self):
        self.effective_vth = np.left_shift(self.vth, self.vth_shift)
        self.effective_jump = np.left_shift(self.theta_jump, self.vth_shift)
        self.isthrscaled = True

    def spiking_activation(self):
        product = self.theta * (self.decay_unity - self.dtheta)
        self.theta[:] = np.sign(product) * (np.abs(product) >> self.decay_shift)
        return self.v > self.effective_vth + self.theta

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = 0
        self.theta[:] = self.theta + spike_vector * self.effective_jump
