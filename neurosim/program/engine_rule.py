"""A plasticity rule in the fields of Loihi's learning engine, as lava-nc 0.10.0 computes it.

At the end of every epoch, the engine adds a sum of products to each synaptic variable::

    mantissa * 2^exponent * gate * (factor + constant) * ...

`gate` is a spike of the epoch (``x0`` pre, ``y0`` post) or ``u``, which opens every 2^k epochs. Factors are the traces
``x1``, ``x2`` (pre) and ``y1``, ``y2``, ``y3`` (post, 7 bits) and the synaptic variables ``w``, ``t``, ``d``. In integer
arithmetic, a product whose factors and mantissa have more than 15 bits is shifted right until it has 15. The string of a rule
does not show this shift: it contains `mantissa * 2^exponent`, the constant before the shift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.plasticity.products import GateKind

TRACE_BITS, SYNAPTIC_BITS, MANTISSA_BITS, ACCUMULATOR_BITS = 7, 9, 4, 15
TRACE_MAX, SYNAPTIC_MAX = (1 << TRACE_BITS) - 1, (1 << SYNAPTIC_BITS - 1) - 1
X_TRACES, Y_TRACES = ("x1", "x2"), ("y1", "y2", "y3")
VARIABLES = {"w": "w", "tag": "t", "aux": "d"}
"""Synaptic variable of a rule -> its name in Loihi's rules."""
GATES = {GateKind.PRE: "x0", GateKind.POST: "y0", GateKind.EVERY: "u"}
WIDTH = dict.fromkeys((*X_TRACES, *Y_TRACES), TRACE_BITS) | dict.fromkeys(VARIABLES.values(), SYNAPTIC_BITS)
"""Name of a factor -> its width in bits. A factor saturates at the ends of its range, -2^bits .. 2^bits - 1."""


@dataclass(frozen=True)
class ChipTrace:
    """A trace of the engine: it decays by exp(-1/tau) per step and adds `impulse` at a spike, rounding fractions at random."""

    impulse: float
    tau: float


@dataclass(frozen=True)
class ChipProduct:
    """One product of a rule; `target` is "w", "t" or "d", and each of `factors` is (variable, constant added to it)."""

    target: str
    gate: str
    mantissa: int
    exponent: int
    factors: tuple[tuple[str, int], ...] = ()

    @property
    def shift(self) -> int:
        """The right-shift that the integer engine applies and the rule's string does not show."""
        return hidden_shift(sum(WIDTH[name] for name, _ in self.factors))

    @property
    def coefficient(self) -> float:
        """The constant that the integer engine really multiplies by, in engine units: after the hidden shift."""
        return float(self.mantissa * 2.0 ** (self.exponent - self.shift))


def hidden_shift(bits: int) -> int:
    """The right-shift of a product whose factors have `bits` bits in total."""
    return max(0, bits + MANTISSA_BITS - ACCUMULATOR_BITS)


@dataclass(frozen=True)
class Sending:
    """How a third factor is written to a y: ``round(scale * value) + offset``, at least `low` and at most 127.

    When a post neuron spikes, Lava clips the value that it sent to 0..127. A factor that can be negative therefore takes two
    slots, one per sign: one with a positive and one with a negative scale, both with `low` 0.
    """

    scale: float = 1.0
    offset: int = 0
    low: int = -TRACE_MAX - 1


@dataclass(frozen=True)
class ChipRule:
    """A plasticity rule as the engine runs it.

    Attributes
    ----------
    products : tuple of ChipProduct
        The products that the engine adds up; their order matters where the accumulator saturates.
    traces : mapping
        "x1", ... -> ChipTrace. With `sent`, the post neuron computes and sends those among y1..y3.
    sent : mapping
        For three-factor rules, "y1", ... -> name of the modulator that the post neuron sends there. A rule with modulators
        becomes Lava's Loihi3FLearningRule, and the neuron sends every y; any other rule is a Loihi2FLearningRule.
    epoch : int
        Number of steps between two learning phases.
    decimation : int
        The exponent k of ``u``, which opens every 2^k epochs.
    seed : int
        Seed of the engine's random rounding.
    names : mapping
        Name in the described rule -> name in the engine ("x" -> "x1", "tag" -> "t", "M" -> "y2").
    scales : mapping
        Name in the described rule -> number of engine units per described unit.
    sending : mapping
        "y1", ... -> how the modulator in `sent` is written there. A slot without an entry receives the rounded value.
    supplied : mapping
        Modulator -> third factor of the post neuron that it is; the other modulators are signals of the run.
    """

    products: tuple[ChipProduct, ...]
    traces: Mapping[str, ChipTrace] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 1
    decimation: int = 0
    seed: int = 1
    names: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    sending: Mapping[str, Sending] = field(default_factory=dict)
    supplied: Mapping[str, str] = field(default_factory=dict)

    @property
    def three_factor(self) -> bool:
        """Whether the post neuron sends y1..y3."""
        return bool(self.sent)

    def encoded(self, slot: str, values: Any) -> NDArray[np.int64]:
        """Integers that a post neuron sends in `slot` for `values` of the modulator, given in described units."""
        how = self.sending.get(slot, Sending())
        scaled = np.round(np.asarray(values, np.float64) * how.scale) + how.offset
        return np.asarray(np.clip(scaled, how.low, TRACE_MAX), np.int64)
