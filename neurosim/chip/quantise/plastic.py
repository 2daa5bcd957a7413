"""Plastic projections on the chip: bounds and head-room of their weights, and their sign mode."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import sparse

from neurosim.checks.dimensions import readable
from neurosim.checks.matrices import Matrix
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.plasticity.products import StepRule, as_described
from neurosim.program.fixed import SignMode
from neurosim.program.step import StepProjection

FULL = 255
"""Stored weight that a rule's bound becomes: where the chip clips."""
_HEADROOM = 2.0


def check_plastic(projection: StepProjection, bits: int) -> None:
    """UnsupportedError if the chip cannot learn this projection at all."""
    who = f"Projection {projection.name!r}"
    if bits != 8:
        raise UnsupportedError(f"{who}: it is plastic, and the chip learns weights of 8 bits; found weight_bits = {bits}.")
    if np.any(projection.delays):
        raise UnsupportedError(
            f"{who}: it is plastic and has delays up to {int(np.max(projection.delays))} steps; the chip's learning engine has "
            "none in Lava. Take the delay out, or put a relay population in between."
        )


def rule_sign_mode(rule: StepRule) -> SignMode:
    """Which signs the rule allows."""
    low, high = rule.bounds
    if low >= 0:
        return SignMode.EXCITATORY
    return SignMode.INHIBITORY if high <= 0 else SignMode.MIXED


def bound(rule: StepRule) -> float:
    """Largest size of a weight that the rule allows; infinite if it does not say."""
    low, high = rule.bounds
    sizes = [abs(b) for b in (low, high) if np.isfinite(b) and b != 0]
    return max(sizes, default=np.inf)


def possible(projection: StepProjection, initial: float) -> float:
    """Largest size that a weight can get: the rule's bound, or some head-room above the largest initial one.

    Raises
    ------
    QuantisationError
        If neither says.
    """
    rule = projection.rule
    if rule is None:
        return initial
    limit = bound(rule)
    if np.isfinite(limit):
        return limit
    if initial == 0:
        raise QuantisationError(
            f"Projection {projection.name!r}: its weights start at 0 and its rule has no bounds, so nothing says how large "
            "they become. Give the rule bounds=(low, high)."
        )
    return _HEADROOM * initial


def grown(projection: StepProjection, largest: float) -> Matrix:
    """Weights with all of a plastic projection at their largest, for checks of sums."""
    if projection.rule is None:
        return projection.weights
    weights = projection.weights
    if isinstance(weights, sparse.csr_array):
        return sparse.csr_array((np.full(weights.data.shape, largest), weights.indices, weights.indptr), shape=weights.shape)
    return np.full(np.shape(weights), largest)


def anchor(incoming: Iterable[StepProjection]) -> float | None:
    """Scale at which the bound of a rule is exactly 255, the chip's own; times any power of two. None without bounds.

    Raises
    ------
    QuantisationError
        If two rules need scales that no power of two joins.
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
                f"Projections {first.name!r} and {other.name!r} end at one population, with weight bounds {found}; both must "
                f"become {FULL} on the chip. Make their ratio a power of two."
            )
    return FULL / bound(first.rule)


def check_full(projection: StepProjection, weight_scale: float) -> None:
    """QuantisationError if the bound of the rule does not become the largest stored weight."""
    stored = np.inf if projection.rule is None else bound(projection.rule) * weight_scale
    if np.isfinite(stored) and round(stored) != FULL:
        raise QuantisationError(
            f"Projection {projection.name!r}: the bound of its rule becomes {stored:.3g} on the chip, which clips at {FULL} "
            "only: other projections to the same population have weights of another order. Bring them closer together."
        )
