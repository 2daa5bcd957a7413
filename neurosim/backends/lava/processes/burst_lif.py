"""Burst neuron: LIF soma, a dendrite that determines the probability of bursts of two spikes, and an adaptive baseline.

Random numbers are those of the emulator: a function of a seed, the step and the neuron, so the order of draws does not matter.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import PyLifModelBitAcc, PyLifModelFloat
from lava.proc.lif.process import LIF
from processes.third_factor import Sender, SenderFixed, SenderFloat  # type: ignore[import-not-found]  # as in desire_lif

Y_MAX = 127
MASK = 0xFFFFFFFF
DRAW_BITS, PROBABILITY_BITS, BASELINE_BITS = 16, 7, 12
PARAMETERS = (
    "dendrite_du", "dendrite_dv", "dendrite_bias", "draw_seed", "middle", "slope", "delay", "spread", "start", "average",
    "dtheta", "theta_jump", "refractory_period", "y_supply", "y_scale",
)  # fmt: skip
SILENT = {"y_supply": ("", "", ""), "y_scale": (0, 0, 0)}
"""Parameters of a neuron without plastic synapses."""


def mixed(x):
    """32 mixed bits from 32 bits: the finaliser of MurmurHash3."""
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & np.uint64(MASK)
    x = ((x ^ (x >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & np.uint64(MASK)
    return x ^ (x >> np.uint64(16))


def draws(seed, step, n):
    """32 random bits for each neuron in a step."""
    base = mixed(np.uint64(seed) ^ mixed(np.uint64(step & MASK)))
    places = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B9)
    return mixed((base + places) & np.uint64(MASK))


class BurstLIF(Sender, LIF):
    """Burst neuron whose soma is an `LIF` with adaptation theta: theta decays, then v <- v - theta before the threshold.

    An event is a spike where v > vth and no spike occurred in the last `refractory_period` steps; v <- 0, theta <- theta +
    theta_jump. With a probability that depends on v_d, a second spike follows `delay` + 0..`spread` steps later. The ports
    `event_out` and `burst_out` send events and second spikes, `s_out` sends both, and `record_out` sends 1 for an event and 2
    for a second spike.

    P = start + drift; at an event drift <- drift - P * 2^-average, at a burst drift <- drift + 2^-average.

    Parameters
    ----------
    dendrite_du, dendrite_dv, dendrite_bias : float or array
        Decays of u_d and v_d and bias of the dendrite, as for u and v; in fixed point, the bias has no exponent.
    middle, slope : float, or int
        Parameters of the burst probability, which is middle + slope * v_d; in fixed point, it is in units of 1/128,
        clip(middle + (v_d >> slope), 0, 127).
    delay, spread : int
        Number of steps from an event to its second spike: at least `delay`, at most `delay + spread`.
    start : float or int
        P at rest; in fixed point, in units of 1/4096.
    average : int
        Exponent of the running average of P; 0 if P is constant.
    draw_seed : int
        Seed of the random numbers, 32 bits.
    dtheta, theta_jump, refractory_period
        As in `AdaptiveLIF` and `RefractoryLIF`.
    y_supply : (3,) of str
        Third factors in y1, y2, y3: "event" (1 at an event), "burst" (1 at a second spike), "burst_probability" (at an event,
        P before it), or "".
    y_scale : (3,) of float
        Factors by which these third factors are multiplied.
    """

    def __init__(self, *, shape, **kwargs):
        own = SILENT | {name: kwargs.pop(name) for name in PARAMETERS if name in kwargs}
        super().__init__(shape=shape, **kwargs)
        for name, value in own.items():
            self.proc_params[name] = value
        self.dendrite_in = InPort(shape=shape)
        self.event_out, self.burst_out, self.record_out = (OutPort(shape=shape) for _ in range(3))
        self.u_d, self.v_d, self.theta, self.held, self.due, self.drift = (Var(shape=shape, init=0) for _ in range(6))


class BurstModel:
    """Part of the model that both number systems share; a base class before the models of the sender and of the neuron."""

    implements_process = None  # as in `processes.third_factor`
    event_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    burst_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    record_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    held: np.ndarray = LavaPyType(np.ndarray, np.int32)
    due: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        for name in PARAMETERS:
            setattr(self, f"p_{name}", proc_params[name])

    def subthr_dynamics(self, activation_in):
        """Update the soma, then the dendrite, then the adaptation."""
        super().subthr_dynamics(activation_in)
        self.integrate_dendrite(self.dendrite_in.recv())
        self.adapt()
        self.v[:] = self.v - self.theta

    def spiking_activation(self):
        """The neurons that spike: second spikes that are due, and events."""
        self.second, self.due[:] = self.due == 1, np.maximum(self.due - 1, 0)
        self.event = super().spiking_activation() & (self.held == 0)
        return self.event | self.second

    def reset_voltage(self, spike_vector):
        """Reset the neurons with an event; an event also draws the random number for a second spike."""
        super().reset_voltage(spike_vector=self.event)
        self.spiked = np.array(spike_vector, bool)
        self.theta[:] = self.theta + self.event * self.jump()
        self.held[:] = np.where(spike_vector, self.p_refractory_period, np.maximum(self.held - 1, 0))
        bits = draws(self.p_draw_seed, self.time_step - 1, self.due.size)
        extra = ((bits & np.uint64(255)) * np.uint64(self.p_spread + 1)) >> np.uint64(8)
        self.due[:] = np.where(self.event & self.bursts(bits), self.p_delay + extra.astype(np.int32), self.due)

    def factors(self):
        """Values to send as y1, y2, y3 after the neuron's step; afterwards P is updated."""
        self.event_out.send(self.event.astype(np.int32))
        self.burst_out.send(self.second.astype(np.int32))
        self.record_out.send(self.event + 2 * self.second.astype(np.int32))
        says = {"": 0 * self.event, "event": 1 * self.event, "burst": 1 * self.second, "burst_probability": self.share()}
        received = super().factors()
        given = [self.written(scale * says[name]) for name, scale in zip(self.p_y_supply, self.p_y_scale, strict=True)]
        self.follow_share()
        return [values + own for values, own in zip(received, given, strict=True)]


@implements(proc=BurstLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyBurstLifFloat(BurstModel, SenderFloat, PyLifModelFloat):
    """Model of `BurstLIF` in floating point."""

    dendrite_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    u_d: np.ndarray = LavaPyType(np.ndarray, float)
    v_d: np.ndarray = LavaPyType(np.ndarray, float)
    theta: np.ndarray = LavaPyType(np.ndarray, float)
    drift: np.ndarray = LavaPyType(np.ndarray, float)

    def integrate_dendrite(self, arrived):
        """Update u_d and v_d by the equations of the soma."""
        self.u_d[:] = self.u_d * (1 - self.p_dendrite_du) + arrived
        self.v_d[:] = self.v_d * (1 - self.p_dendrite_dv) + self.u_d + self.p_dendrite_bias

    def adapt(self):
        """One decay of theta."""
        self.theta[:] = self.theta * (1 - self.p_dtheta)

    def jump(self):
        """Increase of theta at an event."""
        return self.p_theta_jump

    def bursts(self, bits):
        """The neurons whose event would become a burst."""
        number = (bits >> np.uint64(32 - DRAW_BITS)).astype(float)
        return number < (self.p_middle + self.p_slope * self.v_d) * (1 << DRAW_BITS)

    def share(self):
        """P of the neurons with an event, else 0."""
        return (self.p_start + self.drift) * self.event

    def follow_share(self):
        """Update P by the events and bursts of this step."""
        if self.p_average:
            part = 2.0**-self.p_average
            self.drift[:] = self.drift - self.share() * part + self.second * part

    def written(self, values):
        """The values to send, unchanged."""
        return values


@implements(proc=BurstLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyBurstLifFixed(BurstModel, SenderFixed, PyLifModelBitAcc):
    """Model of `BurstLIF` in Loihi's integers; the dendrite wraps and saturates like the soma."""

    dendrite_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    u_d: np.ndarray = LavaPyType(np.ndarray, np.int32)
    v_d: np.ndarray = LavaPyType(np.ndarray, np.int32)
    theta: np.ndarray = LavaPyType(np.ndarray, np.int32)
    drift: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def leaked(self, x, decay):
        """One decay of `x` toward zero by a 12-bit decay."""
        product = np.int64(x) * (self.decay_unity - decay)
        return np.sign(product) * (np.abs(product) >> self.decay_shift)

    def integrate_dendrite(self, arrived):
        """Update u_d and v_d by the equations of the soma: u_d wraps like Lava's u, and v_d saturates."""
        half = self.max_uv_val
        exact = self.leaked(self.u_d, self.p_dendrite_du + self.ds_offset) + (np.int64(arrived) << self.act_shift)
        over = np.where(exact > half, exact - 2 * half, exact)
        self.u_d[:] = np.where(over <= -half, exact + 2 * half, over)
        self.v_d[:] = np.clip(self.leaked(self.v_d, self.p_dendrite_dv) + self.u_d + self.p_dendrite_bias, 1 - half, half - 1)

    def adapt(self):
        """One decay of theta."""
        self.theta[:] = self.leaked(self.theta, self.p_dtheta)

    def jump(self):
        """Increase of theta at an event; theta is in units of the state."""
        return np.left_shift(self.p_theta_jump, self.vth_shift)

    def bursts(self, bits):
        """The neurons whose event would become a burst."""
        probability = np.clip(self.p_middle + (self.v_d >> self.p_slope), 0, (1 << PROBABILITY_BITS) - 1)
        return (bits >> np.uint64(32 - PROBABILITY_BITS)).astype(np.int32) < probability

    def share(self):
        """P of the neurons with an event, else 0."""
        return (self.p_start + self.drift) / (1 << BASELINE_BITS) * self.event

    def follow_share(self):
        """Update P by the events and bursts of this step."""
        if self.p_average:
            lost = (self.p_start + self.drift) >> self.p_average
            self.drift[:] = self.drift - lost * self.event + self.second * ((1 << BASELINE_BITS) >> self.p_average)

    def written(self, values):
        """The values to send, rounded to 7 bits without a sign."""
        return np.clip(np.round(values), 0, Y_MAX).astype(np.int32)
