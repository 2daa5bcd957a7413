"""Plastic projections on the chip: head-room of their weights, sign mode, and the report of their rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import sparse

from neurosim.deploy.effective import effective
from neurosim.deploy.learning import TRACE_MAX, ChipRule
from neurosim.deploy.loihi_strings import rule_strings
from neurosim.deploy.program import SignMode
from neurosim.deploy.report import Loss
from neurosim.deploy.terms import summed, touched
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.plasticity.products import Product, StepRule, StepTrace, in_weight_unit
from neurosim.step import Matrix, StepProjection, steps_of_decay

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
            raise QuantisationError(
                f"Projections {first.name!r} and {other.name!r} end at one population, with weight bounds "
                f"{bound(first.rule):.4g} and {bound(other.rule):.4g} (in its units); both must become {FULL} on the chip. "
                "Make their ratio a power of two."
            )
    return FULL / bound(first.rule)


def check_full(projection: StepProjection, weight_scale: float) -> None:
    """QuantisationError if the bound of the rule does not become the largest stored weight."""
    assert projection.rule is not None
    stored = bound(projection.rule) * weight_scale
    if np.isfinite(stored) and round(stored) != FULL:
        raise QuantisationError(
            f"Projection {projection.name!r}: the bound of its rule becomes {stored:.3g} on the chip, which clips at {FULL} "
            "only: other projections to the same population have weights of another order. Bring them closer together."
        )


def rule_losses(name: str, chip: ChipRule, rule: StepRule, gain: float, initial: float) -> Iterator[Loss]:
    """What of the rule is rounded, in described units (`gain` is the program's weight in a described one)."""
    wanted, got = (in_weight_unit(r, 1 / gain) for r in (rule, effective(chip, rule)))
    effects = {(p.gate, p.target, p.factors): p.coefficient for p in got.products}
    for product in summed(wanted.products):
        effect = effects.get((product.gate, product.target, product.factors), 0.0)
        yield Loss("rounding", name, _label(product), product.coefficient, effect, "the constant has four bits")
    for variable, kept in wanted.kept.items():
        if variable not in touched(rule):
            continue
        tau, own = (float(steps_of_decay(np.asarray(k))) for k in (kept, got.kept[variable]))
        yield Loss("rounding", name, f"tau of {variable}", tau, own, "in steps; the decay is a product of the rule")
    for trace in rule.traces:
        yield _trace_loss(name, trace, chip)
    for key, text in rule_strings(chip).items():
        yield Loss("note", name, key, 0.0, 0.0, text)
    for shift in sorted({p.shift for p in chip.products} - {0}):
        text = f"products that the chip shifts right by {shift} bits have {1 << shift} times the constant in the string"
        yield Loss("note", name, "hidden shift", 1.0, float(1 << shift), text)
    if not np.all(np.isfinite(rule.bounds)):
        top = FULL / chip.scales["w"] / gain
        text = f"the rule leaves a side without bound: the chip saturates at a size of {top:.4g}"
        yield Loss("note", name, "bounds", initial / gain, top, text)


def _label(product: Product) -> str:
    return f"{product.gate}: {product.target} += " + " * ".join(["c", *product.factors])


def _trace_loss(name: str, trace: StepTrace, chip: ChipRule) -> Loss:
    slot, scale = chip.names[trace.name], chip.scales[trace.name]
    own, top = chip.traces[slot], TRACE_MAX / scale / trace.impulse
    text = f"{slot} with impulse {own.impulse:g}, tau {own.tau:.4g} steps; it saturates at {top:.3g} impulses"
    return Loss("saturation", name, f"trace {trace.name}", trace.peak, top, text)
