"""Neurons that take part in three-factor learning: they send their spikes, and y1, y2, y3, to the synapses that learn.

What a neuron sends as y is a trace of its own spikes, or what arrives at its port `y1_in`, `y2_in` or `y3_in`. A trace already
holds the spikes of the step, as the traces of Lava's two-factor rules do, and is computed as those are, with the same random
numbers.
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
from processes.adaptive_lif import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    AdaptiveLIF,
    PyAdaptiveLifFixed,
    PyAdaptiveLifFloat,
)
from processes.refractory_lif import (  # type: ignore[import-not-found]
    PyRefractoryLifFixed,
    PyRefractoryLifFloat,
    RefractoryLIF,
)
from processes.soft_reset_lif import (  # type: ignore[import-not-found]
    PySoftResetLifFixed,
    PySoftResetLifFloat,
    SoftResetLIF,
)

CONNECTION_TAU = np.iinfo(np.uint16).max
"""Steps; with this constant a learning connection decays the y it receives before its rule reads it."""


class Sender:
    """Ports and traces of a neuron that sends y1, y2, y3.

    Parameters
    ----------
    y_impulse, y_tau : (3,) of float
        Of the traces in y1, y2, y3: what a spike adds, and steps until it has decayed to 1/e; 0 where a y is no trace.
    seed : int
        Of the rule; fixed point rounds at random.
    """

    def __init__(self, *, shape, y_impulse=(0, 0, 0), y_tau=(0, 0, 0), seed=1, **kwargs):
        super().__init__(shape=shape, **kwargs)
        for name, value in {"y_impulse": y_impulse, "y_tau": y_tau, "seed": seed}.items():
            self.proc_params[name] = value  # not through `super`: Lava's LIFReset takes no more keywords
        self.y1_in, self.y2_in, self.y3_in = (InPort(shape=shape) for _ in range(3))
        self.s_out_bap, self.s_out_y1, self.s_out_y2, self.s_out_y3 = (OutPort(shape=shape) for _ in range(4))
        self.y1, self.y2, self.y3 = (Var(shape=shape, init=0) for _ in range(3))


class SenderModel(PyLoihiProcessModel):
    """Sends after the step of the neuron; `advanced` says how traces move on and `sent` how they look to the rule."""

    implements_process = None  # Lava refuses a model that inherits from one of another process, unless it says so.
    s_out_bap: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.y_impulse = np.array(proc_params["y_impulse"], float)[:, None]
        self.y_tau = np.array(proc_params["y_tau"], float)[:, None]
        self.y_used = self.y_tau[:, 0] != 0

    def reset_voltage(self, spike_vector):
        """Look at the spikes, which Lava's models show only here, all of them."""
        self.spiked = np.array(spike_vector, bool)
        super().reset_voltage(spike_vector=spike_vector)

    def run_spk(self):
        """The neuron's step, then all that the learning connections wait for."""
        super().run_spk()
        received = self.factors()
        traces = np.stack([self.y1, self.y2, self.y3])
        traces[self.y_used] = self.advanced(traces[self.y_used])
        self.y1, self.y2, self.y3 = traces
        self.s_out_bap.send(self.spiked)
        for port, trace, factor in zip((self.s_out_y1, self.s_out_y2, self.s_out_y3), traces, received, strict=True):
            port.send(self.sent(trace + factor))

    def factors(self):
        """Third factors of this step, from outside."""
        return [port.recv() for port in (self.y1_in, self.y2_in, self.y3_in)]


class SenderFloat(SenderModel):
    """In floating point; makes up for the decay of what the connection receives, so that the rule sees the exact value."""

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
        """Decay, then the spikes of this step."""
        return traces * np.exp(-1 / self.y_tau[self.y_used]) + self.y_impulse[self.y_used] * self.spiked

    def sent(self, value):
        """What becomes `value` after the connection's decay."""
        return value * np.exp(1 / CONNECTION_TAU)


class SenderFixed(SenderModel):
    """In integers, by the functions of Lava's own engine.

    The connection decays what it receives: the rule reads floor(q) + (r < q - floor(q)) of q = y * exp(-1/65535), with the r of
    the decay of this step's traces; and it reads 0 for a negative y of a neuron that spikes in this step.
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
        """Decay, then the spikes of this step; one random number for all neurons."""
        self.random.advance()
        self.random.advance()
        traces = Engine._decay_trace(traces, 1, self.y_tau[self.y_used], self.random.random_trace_decay)
        added = Engine._add_impulse(
            traces, self.random.random_impulse_addition, self.whole[self.y_used], self.fraction[self.y_used]
        )
        return np.where(self.spiked, added, traces)

    def sent(self, value):
        """As it is."""
        return value


class ThreeFactorLIF(Sender, LIF):
    """`LIF` that sends y1, y2, y3."""


class ThreeFactorLIFReset(Sender, LIFReset):
    """`LIFReset` that sends y1, y2, y3."""


class ThreeFactorSoftResetLIF(Sender, SoftResetLIF):
    """`SoftResetLIF` that sends y1, y2, y3."""


class ThreeFactorRefractoryLIF(Sender, RefractoryLIF):
    """`RefractoryLIF` that sends y1, y2, y3."""


class ThreeFactorAdaptiveLIF(Sender, AdaptiveLIF):
    """`AdaptiveLIF` that sends y1, y2, y3."""


@implements(proc=ThreeFactorLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorLifFloat(SenderFloat, PyLifModelFloat):
    """In floating point."""


@implements(proc=ThreeFactorLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorLifFixed(SenderFixed, PyLifModelBitAcc):
    """In Loihi's integers."""


@implements(proc=ThreeFactorLIFReset, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorLifResetFloat(SenderFloat, PyLifResetModelFloat):
    """In floating point."""


@implements(proc=ThreeFactorLIFReset, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorLifResetFixed(SenderFixed, PyLifResetModelBitAcc):
    """In Loihi's integers."""


@implements(proc=ThreeFactorSoftResetLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorSoftResetLifFloat(SenderFloat, PySoftResetLifFloat):
    """In floating point."""


@implements(proc=ThreeFactorSoftResetLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorSoftResetLifFixed(SenderFixed, PySoftResetLifFixed):
    """In Loihi's integers."""


@implements(proc=ThreeFactorRefractoryLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorRefractoryLifFloat(SenderFloat, PyRefractoryLifFloat):
    """In floating point."""


@implements(proc=ThreeFactorRefractoryLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorRefractoryLifFixed(SenderFixed, PyRefractoryLifFixed):
    """In Loihi's integers."""


@implements(proc=ThreeFactorAdaptiveLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyThreeFactorAdaptiveLifFloat(SenderFloat, PyAdaptiveLifFloat):
    """In floating point."""


@implements(proc=ThreeFactorAdaptiveLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyThreeFactorAdaptiveLifFixed(SenderFixed, PyAdaptiveLifFixed):
    """In Loihi's integers."""
