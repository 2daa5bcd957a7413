"""Rules as data: sums of products, the form that the emulator and the chip's learning engine run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

import numpy as np

SYNAPTIC = ("w", "tag", "aux")
"""Variables of a synapse: the weight, the eligibility tag, and one more."""


class GateKind(IntEnum):
    """When an update happens; the numbers are the codes inside the emulator's kernels."""

    PRE = 0
    """At a presynaptic spike."""
    POST = 1
    """At an event of the post neuron."""
    EVERY = 2
    """Every `period` steps."""
    PHASE = 3
    """At the end of a sample."""


class Impulse(Enum):
    """What a spike does to a trace."""

    ADD = "add"
    """Adds the impulse."""
    OVERWRITE = "overwrite"
    """Sets the trace to the impulse: only the nearest spike counts."""
    SATURATE = "saturate"
    """Adds the impulse times what is missing to 1, so that the trace stays below 1."""


@dataclass(frozen=True)
class Gate:
    """What lets an update through: its kind, the channel or phase, the period in steps."""

    kind: GateKind
    channel: str = "spike"
    period: int = 1

    def __str__(self) -> str:
        own = "pre" if self.kind is GateKind.PRE else "post" if self.channel == "spike" else self.channel
        words = {GateKind.EVERY: f"every {self.period}", GateKind.PHASE: f"at {self.channel}"}
        return words.get(self.kind, f"on_{own}")


@dataclass(frozen=True)
class Product:
    """``target += coefficient * factors`` where the gate opens; a factor that occurs twice is squared."""

    gate: Gate
    target: str
    coefficient: float
    factors: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.gate}: {self.target} += " + " * ".join([f"{self.coefficient:g}", *self.factors])


@dataclass(frozen=True)
class StepTrace:
    """A trace in steps: each step ``x <- kept * x``, then the spikes of its channel as `mode` says."""

    name: str
    side: str
    channel: str
    kept: float
    impulse: float
    mode: Impulse
    peak: float


@dataclass(frozen=True)
class StepRule:
    """A plasticity rule as difference equations; order and meaning as in `neurosim.plasticity.rule`.

    Attributes
    ----------
    name : str
        Of the described rule.
    traces : tuple of StepTrace
        Pre and post.
    modulators : mapping
        Third factor -> its largest size; in the order of the signals.
    products : tuple of Product
        In units of the program: w is what is added to ``a``.
    kept : mapping
        Decaying synaptic variable -> factor kept in a step.
    peaks : mapping
        Synaptic variable -> its largest size, where the rule says so.
    bounds : (low, high)
        Of w.
    supplied : mapping
        Modulator -> what the post neuron sends as that. The others are signals of the run.
    positive : set
        Modulators that are never negative.
    unit : str
        Of the weights as described.
    gain : float
        Weight of the step program in a described one (SI).
    """

    name: str
    traces: tuple[StepTrace, ...]
    modulators: Mapping[str, float]
    products: tuple[Product, ...]
    kept: Mapping[str, float] = field(default_factory=dict)
    peaks: Mapping[str, float] = field(default_factory=dict)
    bounds: tuple[float, float] = (-np.inf, np.inf)
    supplied: Mapping[str, str] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    unit: str = "1"
    gain: float = 1.0

    def trace(self, name: str) -> StepTrace:
        """The trace of that name."""
        return next(t for t in self.traces if t.name == name)


def rescaled(product: Product, factors: Mapping[str, float]) -> Product:
    """The same product between variables of other units: each variable v is written as ``factors[v] * v``."""
    coefficient = product.coefficient * factors.get(product.target, 1.0)
    for name in product.factors:
        coefficient /= factors.get(name, 1.0)
    return replace(product, coefficient=float(coefficient))


def in_weight_unit(rule: StepRule, gain: float) -> StepRule:
    """The rule for weights that are `gain` times the described ones."""
    low, high = (bound * gain for bound in rule.bounds)
    products = tuple(rescaled(p, {"w": gain}) for p in rule.products)
    return replace(rule, products=products, bounds=(low, high), gain=rule.gain * gain)


def as_described(rule: StepRule) -> StepRule:
    """The rule with the numbers that its user wrote, in SI: for messages."""
    return in_weight_unit(rule, 1 / rule.gain)


def spiking(rule: StepRule) -> StepRule:
    """The rule for an engine whose traces take spikes as they leave, one step before they arrive.

    With the trace x of spikes that leave, arrivals are (x - the spikes of this step) / kept: that is what the factor x of a
    trace of arrivals stands for here, but for the factor 1 / kept, which the coefficients take.
    """
    kept = {t.name: t.kept for t in rule.traces if t.channel == "arrival"}
    return replace(rule, products=tuple(rescaled(p, kept) for p in rule.products)) if kept else rule
