"""Compilation of a step rule to the fields of the learning engine.

1. Traces, third factors and synaptic variables get their places on the chip.
2. Pairs of products become one with a bracket such as ``(w - w_max)`` (`neurosim.chip.learning_engine.terms`).
3. The units of all variables are chosen together (`neurosim.chip.learning_engine.scales`). Each constant then becomes one or
   two constants of the engine, multiplied by 2^shift, because the engine shifts the product right without showing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.arrays import whole_number
from neurosim.chip.learning_engine.carry import Carry, carry_of
from neurosim.chip.learning_engine.constants import CLOSE, Literals, literals
from neurosim.chip.learning_engine.emit import Placement
from neurosim.chip.learning_engine.rule_checks import check_rule, decimation
from neurosim.chip.learning_engine.scales import choose_scales
from neurosim.chip.learning_engine.slots import Slots, assign
from neurosim.chip.learning_engine.terms import Term, joined, terms_of, touched
from neurosim.plasticity.products import Impulse, StepRule, StepTrace, spiking
from neurosim.program.engine_rule import SYNAPTIC_MAX, TRACE_BITS, TRACE_MAX, VARIABLES, ChipRule, ChipTrace
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_OCTAVES, _PER_OCTAVE = 5, 8
"""Search range for the scale of a tag, in octaves below its peak, and number of scales per octave."""
_SUMS = 8
"""Number of largest increments that a tag without a declared peak must be able to hold."""
_FORGOTTEN = 1e-3
"""Time constant in steps of a trace that decays completely in each step: exp(-1000) is 0."""


def compile_rule(
    rule: StepRule,
    weight_scale: float,
    target: Target,
    *,
    sent: Mapping[str, float] | None = None,
    notes: list[str] | None = None,
    seed: int = 1,
) -> ChipRule:
    """The rule in the fields of the learning engine.

    Parameters
    ----------
    weight_scale : float
        Stored weight per unit of weight of the step program.
    target : Target
        Chip whose mantissas and exponents are available.
    sent : mapping, optional
        Third factor that the post neurons already send for another rule -> engine units per described unit.
    notes : list of str, optional
        List to which remarks for the user are added that no number expresses.
    seed : int
        Seed of the engine's random rounding.

    Raises
    ------
    UnsupportedError
        If the engine cannot run the rule; the message names the reason and the remedy.
    QuantisationError
        If a constant is outside the engine's range for all choices of units.
    """
    whole_number(seed, f"Rule {rule.name!r}: seed of the chip", 0, 2**31)
    check_rule(rule)
    said = [] if notes is None else notes
    available = literals(target.engine)
    slots = assign(rule, target)
    rule = spiking(rule)
    carry = carry_of(rule, terms_of(rule))
    asked = {name: sent[supply] for name, supply in rule.supplied.items() if supply in sent} if sent else {}
    asked |= {} if carry is None else carry.scales(weight_scale)
    candidates = _candidates(rule, weight_scale, asked, said)
    if carry is not None:
        said.append(f"the tag is transferred to w at {carry.phase!r} in whole steps of w; the remainder stays in the tag")
    terms, scales = _planned(rule, slots, candidates, available, carry)
    place = Placement(rule.name, scales, slots, available, rule.gain)
    products = tuple(product for term in terms for product in place.products(term))
    if carry is not None:
        products += carry.products(slots.names)
    traces = {slots.names[t.name]: _chip_trace(t, scales[t.name]) for t in rule.traces}
    traces |= {slots.now[t.name]: _chip_trace(replace(t, kept=0.0), scales[t.name]) for t in rule.traces if t.name in slots.now}
    if any((slots.spare, 1) in p.factors for p in products):
        traces[slots.spare] = ChipTrace(0.0, 1.0)
        said.append(
            f"trace {slots.spare} is unused and stays 0; for constants that are otherwise too small, the factor "
            f"({slots.spare}+1) makes the engine shift by {TRACE_BITS} more bits, so such a product is rounded more coarsely"
        )
    return ChipRule(
        products=products,
        traces=traces,
        sent=slots.sent,
        decimation=decimation(rule),
        seed=seed,
        names=slots.names,
        scales=scales,
        sending=slots.sending(scales),
        supplied=rule.supplied,
    )


def _chip_trace(trace: StepTrace, scale: float) -> ChipTrace:
    tau = -1.0 / np.log(trace.kept) if trace.kept > 0 else _FORGOTTEN
    return ChipTrace(float(round(scale * trace.impulse)), float(tau))


def _candidates(
    rule: StepRule, weight_scale: float, asked: Mapping[str, float], notes: list[str]
) -> dict[str, FloatArray]:
    """Possible scales of each variable: those in `asked`, else such that impulses are whole: Lava rounds fractions wrongly."""
    out: dict[str, FloatArray] = {"w": np.asarray([weight_scale])}
    for trace in rule.traces:
        if trace.mode is Impulse.OVERWRITE:
            out[trace.name] = np.asarray([TRACE_MAX / trace.impulse])
            notes.append(f"trace {trace.name!r} has an impulse of {TRACE_MAX}, its largest value, so a spike overwrites it")
        else:
            out[trace.name] = np.arange(1, max(1, int(TRACE_MAX // trace.peak)) + 1) / trace.impulse
    for name, peak in rule.modulators.items():
        # A phase is 0 or 1; scaled by a power of two, products with it remain exact.
        out[name] = (2.0 ** np.arange(TRACE_BITS) if name in rule.positive else np.arange(1, TRACE_MAX + 1)) / peak
    halvings = 2.0 ** (-np.arange(_OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE)
    for name in ("tag", "aux"):
        if name in touched(rule) and name not in asked:
            out[name] = SYNAPTIC_MAX / _peak(rule, name, weight_scale, notes) * halvings
    if "aux" in out:
        notes.append(f"aux is stored in {VARIABLES['aux']!r} with values from 0 to {SYNAPTIC_MAX}: a negative aux becomes 0")
    return out | {name: np.asarray([scale]) for name, scale in asked.items()}


def _peak(rule: StepRule, name: str, weight_scale: float, notes: list[str]) -> float:
    """Largest absolute value of a tag: declared, or estimated."""
    largest = _largest_increment(rule, name, weight_scale)
    if name in rule.peaks:
        if largest > rule.peaks[name]:
            notes.append(
                f"{name!r} saturates at its peak of {rule.peaks[name]:.3g}, but one update can add {largest:.3g}; declare "
                f"synaptic(..., peak=...) with the largest value of {name!r}"
            )
        return rule.peaks[name]
    notes.append(
        f"the largest value of {name!r} is not declared; it is assumed to be {_SUMS * largest:.3g}, which is {_SUMS} times its "
        f"largest increment, and {name!r} saturates there. If it decays, declare synaptic(..., peak=...)"
    )
    return _SUMS * largest


def _largest_increment(rule: StepRule, name: str, weight_scale: float) -> float:
    sizes = {t.name: t.peak * t.impulse for t in rule.traces} | dict(rule.modulators)
    sizes |= {"w": SYNAPTIC_MAX / weight_scale} | dict(rule.peaks)
    steps = [
        abs(p.coefficient) * float(np.prod([sizes.get(n, 1.0) for n in p.factors]))
        for p in rule.products
        if p.target == name and name not in p.factors
    ]
    return max(steps, default=1.0)


def _planned(
    rule: StepRule, slots: Slots, candidates: Mapping[str, FloatArray], available: Literals, carry: Carry | None
) -> tuple[tuple[Term, ...], dict[str, float]]:
    """The terms, except those of `carry`, and the scales; traces are in brackets where this makes the constants more exact."""
    weight_scale = float(candidates["w"][0])

    def whole(_: str, constant: float) -> bool:
        wanted = abs(constant) * weight_scale
        return 0.5 <= wanted <= SYNAPTIC_MAX + 0.5 and abs(round(wanted) - wanted) <= CLOSE / 2 * wanted

    open_terms = [t for t in terms_of(rule) if carry is None or t not in (carry.into, carry.off)]
    chosen = joined(open_terms, ("w",), whole)
    bracketed = joined(chosen, [n for n in candidates if n not in (*VARIABLES, *slots.negative, *slots.now)], lambda *_: True)
    used = {n for t in chosen for n in (t.target, *(name for name, _ in t.factors))} | {"w"}
    wanted = {name: values for name, values in candidates.items() if name in used}
    scales, error = choose_scales(chosen, wanted, available, bool(slots.spare), tuple(rule.supplied))
    if bracketed != chosen:
        other, closer = choose_scales(bracketed, wanted, available, bool(slots.spare), tuple(rule.supplied))
        if closer <= max(error, CLOSE):
            chosen, scales = bracketed, other
    return chosen, {name: scales.get(name, float(values.max())) for name, values in candidates.items()}
