"""Neuron of desire backpropagation on a chip: after each sample, it computes its own desired activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from neurosim.arrays import whole_number
from neurosim.errors import NetworkError, UnsupportedError, shown
from neurosim.neurons.base import Equations, Neuron, check_tau, decay_of
from neurosim.neurons.lif_steps import BODY, LABELS, MEMBRANE, SOMA
from neurosim.neurons.step_form import ProgramNeuron, Supply
from neurosim.plasticity.desire import DesireSignal
from neurosim.plasticity.feedback import Tied
from neurosim.step_language.declaration import Channel, Declaration, Reach
from neurosim.units import FloatArray, si

PHASE, OVER = "sample_end", "sample_over"


_MOST_STEPS = (1 << 31) - 1
DESIRE_STEP = Declaration(
    "DesireLIF",
    {
        **SOMA, **dict.fromkeys(("period", "steps", "tell", "commit", "wanted", "is_output", "most"), "whole"),
        "enough": "count", "heard": "sum",
    },
    {**MEMBRANE, "count": "whole", "label": "flag", "desire": "whole"},
    """
phase = step % period
shown = phase >= 1 and phase <= steps
if not shown:
    u = 0
    v = 0
u = decay(u, tau_syn) + where(shown, a, 0)
v = decay(v, tau_m) + u + bias
spike = v >= v_th
if spike:
    v = v - v_th
if shown:
    count += int(spike)
    label = label or (is_output == 1 and b != 0)
passed = 0
if phase == tell:
    if is_output == 1:
        desire = where(label, int(wanted - count > enough), 0 - int(count > enough))
    else:
        desire = where(abs(b) >= heard and b != 0 and not (b > 0 and count >= most), sign(b), 0)
    passed = desire * abs(where(desire > 0, wanted, 0) - count)
""",
    inputs={"default": ("a", "input"), "other": ("b", "counts")},
    channels={"spike": Channel("spike"), "desire": Channel("passed != 0", "passed", most=("steps", "wanted"))},
    factors={
        "desire": "desire if phase == commit else 0",
        "more": "int(phase == commit and desire > 0)",
        "less": "int(phase == commit and desire < 0)",
        "sample_end": "int(phase == commit)",
        "sample_over": "int(phase == commit + 1)",
    },
    after="""
if phase == commit or phase == commit + 1:
    count = 0
    label = False
    desire = 0
""",
    labels={**LABELS, "enough": "threshold of desire", "heard": "threshold of desire"},
    reach=Reach((BODY,), "soft", horizon="steps"),
)  # fmt: skip
"""Its second receptor is that of labels in an output layer, and of feedback below."""


@dataclass(frozen=True, kw_only=True)
class DesireLIF(Neuron):
    r"""Soft-reset LIF neuron that computes its desire D in phases of a period, so that it can learn on a chip.

    Let p = step mod `period` be the phase. T, n and the thresholds are those of `signal`.

    * p = 1..T is the sample. The neuron behaves like `SoftResetLIF`, and counts its spikes (c). An input emits in steps
      0..T - 1.
    * p = T + 1 + `above`: the neuron computes D, and sends :math:`D\,|n[D>0] - c|`, a whole number, to the layer below on the
      graded channel "desire". In the output layer (`above` = 0), the neuron of the label has D = 1 if
      ``n - c > n * output_threshold``; any other neuron has D = -1 if ``c > n * output_threshold``. In other layers, let q be
      the synaptic input at receptor "feedback" in this step: D is the sign of q if ``|q| >= n * hidden_threshold``, but D is
      not 1 if c has reached the ceiling. In all other cases D is 0.
    * p = T + 1 + `layers`: the synapses receive D, or its positive part "more" and its negative part "less", which are 0 or 1,
      and the phase "sample_end"; then count, label and D are set to 0. One step
      later, the synapses receive the phase "sample_over".

    In all phases outside the sample, v is 0 and input at receptor "default" is ignored.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Membrane time constant.
    v_th : plain number
        Threshold above rest, which is 0. A spike of weight w adds w to v.
    signal : DesireSignal
        Definition of T, n, the thresholds and the ceiling; it has to equal the signal of the rule.
    layers : int
        Number of layers after the input.
    above : int
        Number of layers above this one; 0 for the output layer.
    period : int
        Number of steps from one sample to the next, at least T + 3 + `layers`. On a chip, presynaptic traces cannot be set to
        zero; additional silent steps let them decay.

    Notes
    -----
    Receptors: "default"; in the output layer also "label", where any input during a sample marks the label; in the other layers
    also "feedback". Chips do not provide this neuron: in Lava it is a process of neurosim that runs on the CPU, and on a board
    it needs microcode.

    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773.
    """

    paper: ClassVar[str] = "Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773"
    channels: ClassVar[tuple[str, ...]] = ("spike", "desire")
    graded_channels: ClassVar[tuple[str, ...]] = ("desire",)
    modulators: ClassVar[tuple[str, ...]] = ("desire", "more", "less")
    phases: ClassVar[tuple[str, ...]] = (PHASE, OVER)

    tau_m: Any
    v_th: Any = 1.0
    signal: DesireSignal = DesireSignal()
    layers: int = 1
    above: int = 0
    period: int = 36

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tau(self.tau_m, "DesireLIF.tau_m")
        if not (np.all(np.isfinite(self._threshold())) and np.all(self._threshold() > 0)):
            raise NetworkError(f"DesireLIF.v_th = {shown(self.v_th)}; expected plain numbers above 0.")
        if self.signal.feedback != Tied():
            raise NetworkError(
                "DesireLIF.signal: feedback arrives at receptor 'feedback' by a projection; leave it out of the DesireSignal."
            )
        for name, low in (("layers", 1), ("above", 0), ("period", 1)):
            whole_number(getattr(self, name), f"DesireLIF.{name}", low, _MOST_STEPS)
        if self.above >= self.layers:
            raise NetworkError(f"DesireLIF.above = {self.above}: expected less than layers = {self.layers}.")
        shortest = self.signal.steps + 3 + self.layers
        if self.period < shortest:
            raise NetworkError(
                f"DesireLIF.period = {self.period}: a sample of {self.signal.steps} steps and the feedback through "
                f"{self.layers} layers need {shortest} steps or more; some additional ones let traces decay."
            )

    def _threshold(self) -> FloatArray:
        return si(self.v_th, "1", "DesireLIF.v_th")

    @property
    def weight_units(self) -> Mapping[str, str]:
        other = "label" if self.above == 0 else "feedback"
        return {"default": "1", other: "1"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "count", "desire")

    def variable_unit(self, variable: str) -> str:
        return next(iter(self.weight_units.values())) if variable == "v" else "1"

    def state_unit(self, variable: str) -> str:
        return self.variable_unit(variable)

    def equations(self, dt: float) -> Equations:
        raise UnsupportedError(
            "DesireLIF has no form in continuous time; run it on the emulator, or describe the network with SoftResetLIF and "
            'train it by neurosim.train(..., engine="brian2").'
        )

    def step_form(self, dt: float) -> ProgramNeuron:
        signal, other = self.signal, list(self.weight_units)[1]
        values = {
            "bias": 0.0,
            "tau_syn": 0.0,
            "tau_m": 1 - (1 - decay_of(self.tau_m, dt)),
            "v_th": self._threshold(),
            "period": self.period,
            "steps": signal.steps,
            "tell": signal.steps + 1 + self.above,
            "commit": signal.steps + 1 + self.layers,
            "wanted": signal.denominator,
            "is_output": int(self.above == 0),
            "most": signal.most,
            "enough": 0.0 if self.above else signal.output_threshold * signal.denominator,
            "heard": signal.hidden_threshold * signal.denominator if self.above else 0.0,
        }
        return ProgramNeuron(
            declaration=replace(
                DESIRE_STEP, inputs={"default": ("a", "input"), other: ("b", "counts")}, apart={other: ("heard",)}
            ),
            values={name: np.asarray(value, np.float64) for name, value in values.items()},
            threshold=self._threshold(),
            sends={
                "desire": Supply(phase=PHASE),
                **{part: Supply(signed=False, phase=PHASE) for part in ("more", "less")},
                **{p: Supply(signed=False, phase=p) for p in self.phases},
            },
        )
