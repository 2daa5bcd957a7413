"""Soft-reset LIF of desire backpropagation: it counts its spikes, computes its desire, and sends it to its synapses."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from processes.soft_reset_lif import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    PySoftResetLifFixed,
    PySoftResetLifFloat,
    SoftResetLIF,
)
from processes.third_factor import Sender, SenderFixed, SenderFloat  # type: ignore[import-not-found]

Y_MAX = 127


class DesireLIF(Sender, SoftResetLIF):
    """Soft-reset LIF neuron with a desire, in phases p = (time step - 1) % period.

    p = 1..steps: dynamics of `SoftResetLIF`; spikes are counted, and any input at `label_in` is stored as the label. In all
    other phases v is 0 and input is discarded. p = tell: the desire becomes -1, 0 or 1, in the output layer from count and
    label, otherwise from the sign of the input at `feedback_in`; then desire * |denominator * [desire > 0] - count| is sent
    through `desire_out`. p = commit: "desire" and "sample_end" are sent in their slots of y1..y3; then count, label and desire
    are set to 0. p = commit + 1: "sample_over" is sent in its slot.

    Parameters
    ----------
    period, steps, tell, commit : int
        Number of steps of a period and of a sample, and the phases in which the desire is computed and sent to synapses.
    denominator : int
        Number of spikes that the label's neuron should emit.
    is_output : bool
        Whether the neurons receive labels (True) or feedback (False).
    threshold : float or int
        Threshold of the difference between desired and actual spike counts, or of the absolute feedback.
    most : int
        Number of spikes from which on feedback does not make a neuron want more spikes.
    y_supply : (3,) of str
        Third factors in y1, y2, y3: "desire", "sample_end" (1), "sample_over" (1), or "".
    y_scale : (3,) of float
        Factors by which these third factors are multiplied.
    """

    def __init__(
        self, *, shape, period, steps, tell, commit, denominator, is_output, threshold, most,
        y_supply=("", "", ""), y_scale=(0, 0, 0), **kwargs,
    ):  # fmt: skip
        super().__init__(shape=shape, **kwargs)
        phases = {"period": period, "steps": steps, "tell": tell, "commit": commit}
        wants = {"denominator": denominator, "is_output": is_output, "threshold": threshold, "most": most}
        for name, value in (phases | wants | {"y_supply": y_supply, "y_scale": y_scale}).items():
            self.proc_params[name] = value
        self.label_in, self.feedback_in = InPort(shape=shape), InPort(shape=shape)
        self.desire_out = OutPort(shape=shape)
        self.count, self.label, self.desire = (Var(shape=shape, init=0) for _ in range(3))


class DesireModel:
    """Part of the model that both number systems share; a base class before the models of the sender and of the neuron."""

    implements_process = None  # as in `processes.third_factor`
    desire_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    label_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    count: np.ndarray = LavaPyType(np.ndarray, np.int32)
    label: np.ndarray = LavaPyType(np.ndarray, np.int32)
    desire: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        names = ("period", "steps", "tell", "commit", "denominator", "is_output", "threshold", "most", "y_supply", "y_scale")
        for name in names:
            setattr(self, f"p_{name}", proc_params[name])

    def moment(self):
        """Phase of this step."""
        return (self.time_step - 1) % self.p_period

    def subthr_dynamics(self, activation_in):
        """Update u and v; outside the sample, both are 0 and input is discarded."""
        if not 1 <= self.moment() <= self.p_steps:
            self.u[:], self.v[:] = 0, 0
            activation_in = np.zeros_like(activation_in)
        super().subthr_dynamics(activation_in=activation_in)

    def factors(self):
        """Values to send as y1, y2, y3 after the neuron's step."""
        received = super().factors()
        labels, feedback, phase = self.label_in.recv(), self.feedback_in.recv(), self.moment()
        passed = np.zeros(self.count.shape, np.int32)
        if 1 <= phase <= self.p_steps:
            self.count = (self.count + self.spiked).astype(np.int32)
            self.label = (self.label | (labels != 0)).astype(np.int32)
        elif phase == self.p_tell:
            self.desire = (self.by_label() if self.p_is_output else self.by_feedback(feedback)).astype(np.int32)
            passed = self.desire * np.abs(self.p_denominator * (self.desire > 0) - self.count)
        self.desire_out.send(passed.astype(np.int32))
        if phase not in (self.p_commit, self.p_commit + 1):
            return received
        now = ("sample_over",) if phase > self.p_commit else ("desire", "sample_end")
        names = [name if name in now else "" for name in self.p_y_supply]
        supplies = [self.supplied(name, scale) for name, scale in zip(names, self.p_y_scale, strict=True)]
        self.count, self.label, self.desire = (np.zeros_like(self.count) for _ in range(3))
        return [values + supply for values, supply in zip(received, supplies, strict=True)]

    def by_label(self):
        """Desire of output neurons: the label's neuron wants more spikes, the others fewer."""
        missing = self.label.astype(bool) & (self.p_denominator - self.count > self.p_threshold)
        return missing * 1 - (~self.label.astype(bool) & (self.count > self.p_threshold)) * 1

    def by_feedback(self, feedback):
        """Desire of hidden neurons: the sign of the feedback, but no more spikes than `most`."""
        full = (feedback > 0) & (self.count >= self.p_most)
        return np.sign(feedback) * ((np.abs(feedback) >= self.p_threshold) & ~full)

    def supplied(self, name, scale):
        """Value of the third factor `name` in one slot."""
        if not name:
            return np.zeros_like(self.desire)
        return self.written(scale * (self.desire if name == "desire" else np.ones_like(self.desire)))


@implements(proc=DesireLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyDesireLifFloat(DesireModel, SenderFloat, PySoftResetLifFloat):
    """Model of `DesireLIF` in floating point."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)

    def written(self, values):
        """The values to send, unchanged."""
        return values


@implements(proc=DesireLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyDesireLifFixed(DesireModel, SenderFixed, PySoftResetLifFixed):
    """Model of `DesireLIF` in Loihi's integers."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)

    def written(self, values):
        """The values to send, rounded to 7 bits without a sign."""
        return np.clip(np.round(values), 0, Y_MAX).astype(np.int32)
