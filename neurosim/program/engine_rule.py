"""A plasticity rule in the fields of Loihi's learning engine, as lava-nc 0.10.0 computes it.

The engine adds, at the end of every epoch, to each synaptic variable a sum of products::

    mantissa * 2^exponent * gate * (factor + constant) * ...

`gate` is a spike of the epoch (``x0`` pre, ``y0`` post) or ``u``, which opens every 2^k epochs. Factors are the traces
``x1``, ``x2`` (pre) and ``y1``, ``y2``, ``y3`` (post, 7 bits) and the synaptic ``w``, ``t``, ``d``. In integers, a product
whose factors and mantissa have more than 15 bits is shifted right until it has 15, of which a rule's string says nothing:
`mantissa * 2^exponent` is what the string says, before this shift.
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
"""Synaptic variable of a rule -> Loihi's name."""
GATES = {GateKind.PRE: "x0", GateKind.POST: "y0", GateKind.EVERY: "u"}
WIDTH = dict.fromkeys((*X_TRACES, *Y_TRACES), TRACE_BITS) | dict.fromkeys(VARIABLES.values(), SYNAPTIC_BITS)
"""Bits of a factor, in which it also saturates (to -2^bits .. 2^bits - 1)."""


@dataclass(frozen=True)
class ChipTrace:
    """A trace of the engine: decays by exp(-1/tau) a step, takes `impulse` at a spike (fractions are rounded at random)."""

    impulse: float
    tau: float


@dataclass(frozen=True)
class ChipProduct:
    """One product; `target` is "w", "t" or "d", and `factors` are (variable, constant that is added to it)."""

    target: str
    gate: str
    mantissa: int
    exponent: int
    factors: tuple[tuple[str, int], ...] = ()

    @property
    def shift(self) -> int:
        """The right-shift that the integer engine hides."""
        return hidden_shift(sum(WIDTH[name] for name, _ in self.factors))

    @property
    def coefficient(self) -> float:
        """What the integer engine multiplies with, in engine units: the string's constant after the hidden shift."""
        return float(self.mantissa * 2.0 ** (self.exponent - self.shift))


def hidden_shift(bits: int) -> int:
    """The right-shift of a product whose factors have so many bits together."""
    return max(0, bits + MANTISSA_BITS - ACCUMULATOR_BITS)


@dataclass(frozen=True)
class Sending:
    """A third factor as a y: ``round(scale * value) + offset``, at least `low` and at most 127.

    Where a post neuron spikes, Lava clips what it sent to 0..127. So a factor that can be negative takes two slots, one a sign:
    a scale above 0 and one below, both with `low` 0.
    """

    scale: float = 1.0
    offset: int = 0
    low: int = -TRACE_MAX - 1


@dataclass(frozen=True)
class ChipRule:
    """A rule as the engine runs it.

    Attributes
    ----------
    products : tuple of ChipProduct
        Order matters where the accumulator saturates.
    traces : mapping
        "x1", ... -> ChipTrace. With `sent`, those among y1..y3 are computed by the post neuron and sent.
    sent : mapping
        Three-factor rules: "y1", ... -> name of the modulator that the post neuron sends there. A rule with modulators is
        Lava's Loihi3FLearningRule, and the neuron sends every y; else it is a Loihi2FLearningRule.
    epoch : int
        Steps between two learning phases.
    decimation : int
        k of ``u``: it opens every 2^k epochs.
    seed : int
        Of the engine's random rounding.
    names : mapping
        Name in the described rule -> name here ("x" -> "x1", "tag" -> "t", "M" -> "y2").
    scales : mapping
        Name in the described rule -> engine units in one of its units.
    sending : mapping
        "y1", ... -> how the modulator in `sent` is written there. A slot that is not named takes the rounded value.
    supplied : mapping
        Modulator -> what the post neuron sends as that; the others are signals of the run.
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
        """Integers that a post neuron sends in `slot` for described values of the modulator there."""
        how = self.sending.get(slot, Sending())
        scaled = np.round(np.asarray(values, np.float64) * how.scale) + how.offset
        return np.asarray(np.clip(scaled, how.low, TRACE_MAX), np.int64)
