"""Plastic projections on the chip: bounds, spare range and sign mode of their weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.checks.dimensions import readable
from neurosim.checks.matrices import Matrix
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.plasticity.products import StepRule, as_described
from neurosim.program.fixed import SignMode
from neurosim.program.step import StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target

FULL = 255
"""Largest stored weight, at which the chip clips; the bound of a rule becomes this value."""
_HEADROOM = 2.0


def check_plastic(projection: StepProjection, bits: int, target: Target) -> None:
    """Raise UnsupportedError if the chip cannot learn this projection at all."""
    who = f"Projection {projection.name!r}"
    if target.learning is None:
        raise UnsupportedError(f"{who}: it is plastic, and {target.title} has no learning engine; leave plasticity= out.")
    if bits != 8:
        text = f"it is plastic, and the chip learns only weights of 8 bits; found weight_bits = {bits}. Use weight_bits=8."
        raise UnsupportedError(f"{who}: {text}")
    if np.any(projection.delays):
        raise UnsupportedError(
            f"{who}: it is plastic and has delays up to {int(np.max(projection.delays))} steps; Lava's model of the learning "
            "engine supports no delays. Remove the delay, insert a relay population, or run it on the emulator in float."
        )


def rule_sign_mode(rule: StepRule) -> SignMode:
    """The sign mode that follows from the bounds of the rule."""
    low, high = rule.bounds
    if low >= 0:
        return SignMode.EXCITATORY
    return SignMode.INHIBITORY if high <= 0 else SignMode.MIXED


def bound(rule: StepRule) -> float:
    """Largest absolute weight that the rule allows; infinite if the rule has no finite bound."""
    low, high = rule.bounds
    sizes = [abs(b) for b in (low, high) if np.isfinite(b) and b != 0]
    return max(sizes, default=np.inf)


def possible(projection: StepProjection, initial: float) -> float:
    """Largest absolute value that a weight can reach: the rule's bound, or twice the largest initial weight without a bound.

    Raises
    ------
    QuantisationError
        If the rule has no bound and all initial weights are 0.
    """
    rule = projection.rule
    if rule is None:
        return initial
    limit = bound(rule)
    if np.isfinite(limit):
        return limit
    if initial == 0:
        raise QuantisationError(
            f"Projection {projection.name!r}: its weights start at 0 and its rule has no bounds, so their largest value is "
            "unknown. Give the rule bounds=(low, high)."
        )
    return _HEADROOM * initial


def grown(projection: StepProjection, largest: float) -> Matrix:
    """The weights for checks of sums: those of a plastic projection are all set to their `largest` value."""
    if projection.rule is None:
        return projection.weights
    weights = projection.weights
    if isinstance(weights, sparse.csr_array):
        return sparse.csr_array((np.full(weights.data.shape, largest), weights.indices, weights.indptr), shape=weights.shape)
    return np.full(np.shape(weights), largest)


def anchor(incoming: Iterable[StepProjection]) -> float | None:
    """Scale at which the bound of a rule becomes exactly 255, the bound of the chip; None if no rule has a finite bound.

    This scale times a power of two fits as well, because the weight exponent can undo it.

    Raises
    ------
    QuantisationError
        If two rules need scales whose ratio is not a power of two.
    """
    bounded = [p for p in incoming if p.rule is not None and np.isfinite(bound(p.rule))]
    if not bounded:
        return None
    first = bounded[0]
    assert first.rule is not None
    for other in bounded[1:]:
        assert other.rule is not None
        ratio = np.log2(bound(other.rule) / bound(first.rule))
        if abs(ratio - round(ratio)) > 1e-9:
            found = " and ".join(readable(float(f"{bound(as_described(r)):.4g}"), r.unit) for r in (first.rule, other.rule))
            raise QuantisationError(
                f"Projections {first.name!r} and {other.name!r} end at the same population, with weight bounds {found}; both "
                f"bounds must become {FULL} on the chip. Choose bounds whose ratio is a power of two."
            )
    return FULL / bound(first.rule)


def check_full(projection: StepProjection, weight_scale: float) -> None:
    """Raise QuantisationError if the bound of the rule does not become the largest stored weight."""
    stored = np.inf if projection.rule is None else bound(projection.rule) * weight_scale
    if np.isfinite(stored) and round(stored) != FULL:
        raise QuantisationError(
            f"Projection {projection.name!r}: the bound of its rule becomes {stored:.3g} on the chip, which clips only at "
            f"{FULL}, because other projections to the same population have much larger or smaller weights. Use weights of "
            "similar size."
        )
