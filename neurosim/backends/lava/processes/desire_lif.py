"""Soft-reset LIF of desire backpropagation: counts its spikes in a sample, works out its desire, and tells its synapses."""

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
    """Phase p is (time step - 1) % period.

    p = 1..steps: as `SoftResetLIF`; spikes are counted, and it is noted whether anything comes in at `label_in`. In all other
    phases v is 0 and input is dropped. p = tell: the desire is -1, 0 or 1, by count and label in the output layer, else by the
    sign of what comes in at `feedback_in`; then desire * |denominator * [desire > 0] - count| leaves through `desire_out`.
    p = commit: what y1..y3 say of "desire" and "sample_end" goes out; then count, label and desire are cleared.
    p = commit + 1: what they say of "sample_over" goes out.

    Parameters
    ----------
    period, steps, tell, commit : int
        Phases.
    denominator : int
        Spikes that are wanted of the label's neuron.
    is_output : bool
        Whether labels come in, or feedback.
    threshold : float or int
        Of the counts that are missing or too many, or of the size of the feedback.
    most : int
        Spikes from which on feedback does not make a neuron want more.
    y_supply : (3,) of str
        What y1, y2, y3 say: "desire", "sample_end" (1), "sample_over" (1), or "".
    y_scale : (3,) of float
        What that is multiplied by.
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
    """What both number systems share; stands before the models of the neuron and of the sender."""

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
        """Of this step."""
        return (self.time_step - 1) % self.p_period

    def subthr_dynamics(self, activation_in):
        """Nothing is kept or taken in outside the sample."""
        if not 1 <= self.moment() <= self.p_steps:
            self.u[:], self.v[:] = 0, 0
            activation_in = np.zeros_like(activation_in)
        super().subthr_dynamics(activation_in=activation_in)

    def factors(self):
        """What goes out as y1, y2, y3, after the neuron's step."""
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
        """The label's neuron wants more, the others less."""
        missing = self.label.astype(bool) & (self.p_denominator - self.count > self.p_threshold)
        return missing * 1 - (~self.label.astype(bool) & (self.count > self.p_threshold)) * 1

    def by_feedback(self, feedback):
        """As the layer above wants, but no more than `most`."""
        full = (feedback > 0) & (self.count >= self.p_most)
        return np.sign(feedback) * ((np.abs(feedback) >= self.p_threshold) & ~full)

    def supplied(self, name, scale):
        """What one slot says."""
        if not name:
            return np.zeros_like(self.desire)
        return self.written(scale * (self.desire if name == "desire" else np.ones_like(self.desire)))


@implements(proc=DesireLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyDesireLifFloat(DesireModel, SenderFloat, PySoftResetLifFloat):
    """In floating point."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)

    def written(self, values):
        """As they are."""
        return values


@implements(proc=DesireLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyDesireLifFixed(DesireModel, SenderFixed, PySoftResetLifFixed):
    """In Loihi's integers."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)

    def written(self, values):
        """A y has 7 bits and no sign."""
        return np.clip(np.round(values), 0, Y_MAX).astype(np.int32)
