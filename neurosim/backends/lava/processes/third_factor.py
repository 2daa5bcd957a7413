"""Neurons for three-factor learning, which send their spikes, and y1, y2, y3, to the synapses that learn.

The value of a y is a trace of the neuron's own spikes, or the input at the port `y1_in`, `y2_in` or `y3_in`. Like the traces of
Lava's two-factor rules, a trace includes the spikes of the current step, and it is computed in the same way with the same
random numbers.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.learning.random import TraceRandom
from lava.magma.core.model.py.connection import LearningConnectionModelBitApproximate as Engine
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import PyLifModelBitAcc, PyLifModelFloat, PyLifResetModelBitAcc, PyLifResetModelFloat
from lava.proc.lif.process import LIF, LIFReset

Y_MAX = 127
CONNECTION_TAU = np.iinfo(np.uint16).max
"""Time constant, in steps, with which a learning connection decays the y that it receives, before its rule reads it."""


class Sender:
    """Ports and traces of a neuron that sends y1, y2, y3.

    Parameters
    ----------
    y_impulse, y_tau : (3,) of float
        Impulses of the traces in y1, y2, y3 at a spike, and their time constants in steps; 0 where a y is not a trace.
    seed : int
        Seed of the rule, for stochastic rounding in fixed point.
    y_supply : (3,) of str
        Third factors that the neuron computes and sends in y1, y2, y3, or "".
    y_scale : (3,) of float
        Factors by which these third factors are multiplied.
    """

    def __init__(
        self, *, shape, y_impulse=(0, 0, 0), y_tau=(0, 0, 0), seed=1, y_supply=("", "", ""), y_scale=(0, 0, 0), **kwargs
    ):
        super().__init__(shape=shape, **kwargs)
        traces = {"y_impulse": y_impulse, "y_tau": y_tau, "seed": seed}
        for name, value in {**traces, "y_supply": y_supply, "y_scale": y_scale}.items():
            self.proc_params[name] = value  # not through `super`, because Lava's LIFReset accepts no further keywords
        self.y1_in, self.y2_in, self.y3_in = (InPort(shape=shape) for _ in range(3))
        self.s_out_bap, self.s_out_y1, self.s_out_y2, self.s_out_y3 = (OutPort(shape=shape) for _ in range(4))
        self.y1, self.y2, self.y3 = (Var(shape=shape, init=0) for _ in range(3))


class SenderModel(PyLoihiProcessModel):
    """Base of the models of senders, which send after the neuron's step; `advanced` updates traces, `sent` encodes them."""

    implements_process = None  # Without this, Lava rejects a model that inherits from the model of another process.
    s_out_bap: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.y_impulse = np.array(proc_params["y_impulse"], float)[:, None]
        self.y_tau = np.array(proc_params["y_tau"], float)[:, None]
        self.y_used = self.y_tau[:, 0] != 0
        self.supplied = list(zip(proc_params["y_supply"], proc_params["y_scale"], strict=True))

    def reset_voltage(self, spike_vector):
        """Store the spikes, to which all of Lava's models give access only here."""
        self.spiked = np.array(spike_vector, bool)
        super().reset_voltage(spike_vector=spike_vector)

    def run_spk(self):
        """Run the neuron's step, then send everything for which the learning connections wait."""
        super().run_spk()
        self.tell(self.spiked, {})

    def tell(self, spiked, factors):
        """Send spikes, traces and third factors to the learning connections; `factors` are those that the neuron computes."""
        self.spiked = spiked
        received = [port.recv() for port in (self.y1_in, self.y2_in, self.y3_in)]
        given = [self.written(scale * factors[name]) if name else 0 for name, scale in self.supplied]
        traces = np.stack([self.y1, self.y2, self.y3])
        traces[self.y_used] = self.advanced(traces[self.y_used])
        self.y1, self.y2, self.y3 = traces
        self.s_out_bap.send(self.spiked)
        ports = self.s_out_y1, self.s_out_y2, self.s_out_y3
        for port, trace, factor, own in zip(ports, traces, received, given, strict=True):
            port.send(self.sent(trace + factor + own))


class SenderFloat(SenderModel):
    """Sender in floating point; it compensates the decay in the connection, so that the rule reads the exact value."""

    y1_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    y2_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    y3_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out_y1: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    s_out_y2: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    s_out_y3: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    y1: np.ndarray = LavaPyType(np.ndarray, float)
    y2: np.ndarray = LavaPyType(np.ndarray, float)
    y3: np.ndarray = LavaPyType(np.ndarray, float)

    def advanced(self, traces):
        """Traces after their decay and the spikes of this step."""
        return traces * np.exp(-1 / self.y_tau[self.y_used]) + self.y_impulse[self.y_used] * self.spiked

    def sent(self, value):
        """The number that becomes `value` by the decay in the connection."""
        return value * np.exp(1 / CONNECTION_TAU)

    def written(self, values):
        """The third factors to send, unchanged."""
        return values


class SenderFixed(SenderModel):
    """Sender in integers, which uses the functions of Lava's learning engine.

    The connection decays the y that it receives: with q = y * exp(-1/65535), the rule reads floor(q) + (r < q - floor(q)),
    where r is the random number for the decay of this step's traces. If the neuron spikes in this step, the rule reads 0 for a
    negative y.
    """

    y1_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    y2_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    y3_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out_y1: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    s_out_y2: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    s_out_y3: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    y1: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y2: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y3: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.whole, self.fraction = Engine._decompose_impulses(self.y_impulse)
        self.random = TraceRandom(proc_params["seed"] + 2, proc_params["seed"] + 3)

    def advanced(self, traces):
        """Traces after their decay and the spikes of this step, with one random number for all neurons."""
        self.random.advance()
        self.random.advance()
        traces = Engine._decay_trace(traces, 1, self.y_tau[self.y_used], self.random.random_trace_decay)
        added = Engine._add_impulse(
            traces, self.random.random_impulse_addition, self.whole[self.y_used], self.fraction[self.y_used]
        )
        return np.where(self.spiked, added, traces)

    def sent(self, value):
        """The number to send for `value`, unchanged."""
        return value

    def written(self, values):
        """The third factors to send, rounded to 7 bits without a sign."""
        return np.clip(np.round(values), 0, Y_MAX).astype(np.int32)


class ThreeFactorLIF(Sender, LIF):
    """`LIF` that sends y1, y2, y3."""


class ThreeFactorLIFReset(Sender, LIFReset):
    """`LIFReset` that sends y1, y2, y3."""


@implements(proc=ThreeFactorLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorLifFloat(SenderFloat, PyLifModelFloat):
    """Model of `ThreeFactorLIF` in floating point."""


@implements(proc=ThreeFactorLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorLifFixed(SenderFixed, PyLifModelBitAcc):
    """Model of `ThreeFactorLIF` in Loihi's integers."""


@implements(proc=ThreeFactorLIFReset, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorLifResetFloat(SenderFloat, PyLifResetModelFloat):
    """Model of `ThreeFactorLIFReset` in floating point."""


@implements(proc=ThreeFactorLIFReset, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorLifResetFixed(SenderFixed, PyLifResetModelBitAcc):
    """Model of `ThreeFactorLIFReset` in Loihi's integers."""
