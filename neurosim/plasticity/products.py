"""Plasticity rules as sums of products, the form that the emulator and the learning engine of a chip execute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

from neurosim.checks.grid import whole_steps
from neurosim.display.short import Short
from neurosim.plasticity.atoms import is_atom, names_in, rescaled_factor, shown_factor
from neurosim.units import FloatArray

SYNAPTIC = ("w", "tag", "aux")
"""Variables of a synapse: the weight, the eligibility tag, and an auxiliary variable."""


class GateKind(IntEnum):
    """Kinds of conditions under which an update happens; the numbers are the codes in the kernels of the emulator."""

    PRE = 0
    """At a presynaptic spike."""
    POST = 1
    """At an event of the postsynaptic neuron."""
    EVERY = 2
    """Every `period` steps."""
    PHASE = 3
    """At the end of a sample."""


class Impulse(Enum):
    """Effect of a spike on a trace."""

    ADD = "add"
    """The impulse is added to the trace."""
    OVERWRITE = "overwrite"
    """The trace is set to the impulse: only the nearest spike counts."""
    SATURATE = "saturate"
    """The impulse times (1 - trace) is added, so that the trace stays below 1."""


@dataclass(frozen=True)
class Gate:
    """Condition under which an update happens: its kind, its channel or phase, and its period.

    The period is in steps, or in seconds if `seconds` is above 0; it then becomes steps in a network.
    """

    kind: GateKind
    channel: str = "spike"
    period: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        own = "pre" if self.kind is GateKind.PRE else "post" if self.channel == "spike" else self.channel
        period = f"{self.seconds * 1e3:g} ms" if self.seconds else str(self.period)
        words = {GateKind.EVERY: f"every {period}", GateKind.PHASE: f"at {self.channel}"}
        return words.get(self.kind, f"on_{own}")

    def in_steps(self, dt: float, who: str) -> Gate:
        """The same condition with its period in steps of `dt` seconds.

        Raises
        ------
        NetworkError
            If the period is not a whole number of steps.
        """
        return replace(self, period=whole_steps(self.seconds, dt, f"{who}: {self}"), seconds=0.0) if self.seconds else self


@dataclass(frozen=True)
class Product:
    """Update ``target += coefficient * factors``, applied when the gate opens; a factor listed twice is squared.

    A factor is a name, or an expression that is no polynomial (`neurosim.plasticity.atoms`).
    """

    gate: Gate
    target: str
    coefficient: float
    factors: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.gate}: {self.target} += " + " * ".join([f"{self.coefficient:g}", *map(shown_factor, self.factors)])


@dataclass(frozen=True)
class StepTrace:
    """Trace in discrete time: in each step ``x <- kept * x``, then the spikes of its channel act according to `mode`."""

    name: str
    side: str
    channel: str
    kept: float
    impulse: float
    mode: Impulse
    peak: float
    of: str = ""
    """The third factor in `StepRule.states` that the trace filters; "" for spikes."""
    late: int = 0
    """Steps by which it follows the state late."""


@dataclass(frozen=True)
class PostState:
    """A state of the post neurons as the rule means it: ``state * unit + offset``, with one number per neuron in each array."""

    state: str
    unit: NDArray[np.float64]
    offset: NDArray[np.float64]


@dataclass(frozen=True)
class Normalisation:
    """Scaling of the weights of each neuron on the side `over` to the sum `to`, when the gate opens; off if `to` is zero.

    The gate has a period in steps, or is the phase "sample_start" or "sample_end".
    """

    to: float
    over: str
    gate: Gate


@dataclass(frozen=True, eq=False)
class VariedValues(Short):
    """Values of a parameter that differs between synapses, in SI.

    They are one per neuron of the side "pre" or "post", or one per "synapse", row by row.
    """

    side: str
    values: FloatArray


SMALLEST_SHARE = 1e-12
"""A neuron whose weights have a smaller sum, as a fraction of the wanted one, is not scaled."""


@dataclass(frozen=True)
class StepRule:
    """Plasticity rule as difference equations; order and meaning are as in `neurosim.plasticity.rule`.

    Attributes
    ----------
    name : str
        Name of the described rule.
    traces : tuple of StepTrace
        Presynaptic and postsynaptic traces.
    modulators : mapping
        Largest size of each third factor, in the order of the signals.
    products : tuple of Product
        Updates in the units of the step program: w is the value that a spike adds to ``a``.
    kept : mapping
        Factor kept in a step by each synaptic variable that decays.
    peaks : mapping
        Largest size of each synaptic variable for which the rule declares one.
    bounds : (low, high)
        Limits of w.
    supplied : mapping
        Names of the third factors of the postsynaptic neuron, by modulator. Modulators that are not listed are signals of the
        run.
    states : mapping
        States of the postsynaptic neuron, by modulator; these are listed in `supplied`, too.
    positive : set
        Modulators that are never negative.
    unit : str
        Unit of the described weights.
    gain : float
        Weight in the step program per described weight (SI).
    normalise : Normalisation, optional
        Scaling of weights to a common sum, in the units of the step program.
    varied : mapping
        Parameters that differ between synapses, which are factors of products.
    variables : mapping
        Variables of synapses with names of their own, and the values with which they begin.
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
    normalise: Normalisation | None = None
    varied: Mapping[str, VariedValues] = field(default_factory=dict)
    variables: Mapping[str, float] = field(default_factory=dict)
    states: Mapping[str, PostState] = field(default_factory=dict)

    def trace(self, name: str) -> StepTrace:
        """The trace called `name`."""
        return next(t for t in self.traces if t.name == name)


STATE = "state "
"""Beginning of the name of a third factor that is a state of the post neuron; other names are identifiers."""


def simulated_only(rule: StepRule) -> Iterator[str]:
    """Reasons why only Brian2 and the emulator in float run the rule, with the terms; none for products of traces of spikes."""
    filtered = {t.name: rule.states[t.of].state for t in rule.traces if t.of}
    read = filtered | {name: state.state for name, state in rule.states.items() if not name.startswith(STATE)}
    for product in rule.products:
        for name in sorted({name for factor in product.factors for name in names_in(factor)} & read.keys()):
            yield f"{product}: {_of_state(name, read[name])}"
        yield from filter(None, [not_a_polynomial(product)])
    yield from (_of_state(name, state) for name, state in read.items())


def _of_state(name: str, state: str) -> str:
    return (
        f"{name} follows the state {state!r} of the post neuron, which a chip does not send to synapses; only Brian2 and the "
        "emulator in float compute it. Use traces of spikes, or a third factor that the neuron sends."
    )


def not_a_polynomial(product: Product) -> str:
    """What is to be said where only polynomials can be computed; "" for a product that is one."""
    found = [shown_factor(factor) for factor in product.factors if is_atom(factor)]
    if not found:
        return ""
    return (
        f"{product}: the term is not a product of its factors, because {found[0]} is none; only Brian2 and the emulator in "
        "float compute it. Write it as a polynomial, or approximate it by a polynomial over the range of its factors."
    )


def rescaled(product: Product, factors: Mapping[str, float]) -> Product:
    """The same product for variables in other units: each variable v becomes ``factors[v] * v``."""
    coefficient = product.coefficient * factors.get(product.target, 1.0)
    for name in product.factors:
        coefficient /= factors.get(name, 1.0)
    kept = tuple(rescaled_factor(factor, factors) for factor in product.factors)
    return replace(product, coefficient=float(coefficient), factors=kept)


def in_weight_unit(rule: StepRule, gain: float) -> StepRule:
    """The rule for weights that are `gain` times the weights of `rule`."""
    low, high = (bound * gain for bound in rule.bounds)
    products = tuple(rescaled(p, {"w": gain}) for p in rule.products)
    scaled = None if rule.normalise is None else replace(rule.normalise, to=rule.normalise.to * gain)
    return replace(rule, products=products, bounds=(low, high), gain=rule.gain * gain, normalise=scaled)


def without_equal(rule: StepRule) -> StepRule:
    """The rule in which a varied parameter whose values are all equal is a part of the coefficients."""
    equal = {name: float(v.values[0]) for name, v in rule.varied.items() if v.values.size and np.ptp(v.values) == 0}
    if not equal:
        return rule
    products = tuple(
        replace(
            p,
            coefficient=float(p.coefficient * np.prod([equal.get(name, 1.0) for name in p.factors])),
            factors=tuple(name for name in p.factors if name not in equal),
        )
        for p in rule.products
    )
    return replace(rule, products=products, varied={name: v for name, v in rule.varied.items() if name not in equal})


def as_described(rule: StepRule) -> StepRule:
    """The rule with the numbers that the user wrote, in SI; used in messages."""
    return in_weight_unit(rule, 1 / rule.gain)


def spiking(rule: StepRule) -> StepRule:
    """The rule for an engine whose traces follow spikes when they are emitted, one step before they arrive.

    Let x be the trace of emitted spikes. The trace of arriving spikes is then (x - spikes of this step) / kept. In the
    returned rule, the factor x of such a trace represents (x - spikes of this step), and the coefficients contain 1 / kept.
    """
    kept = {t.name: t.kept for t in rule.traces if t.channel == "arrival"}
    return replace(rule, products=tuple(rescaled(p, kept) for p in rule.products)) if kept else rule
