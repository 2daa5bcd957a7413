"""Units of a rule: those of w, tag and aux follow from its updates, and at a projection w has that of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from neurosim.dimensions import PLAIN, Dimension, dimension_named, example_of, in_words, unit_named
from neurosim.errors import UnitError
from neurosim.plasticity.claims import Claim, Unit, claims_of, of_variable
from neurosim.plasticity.products import SYNAPTIC

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

_BOUNDS = "Give bounds {as_unit}, such as bounds=(0, {example}), or None."
_PEAK = "Give its peak {as_unit}, such as {example}."


def check_units(rule: PlasticityRule, unit: str) -> None:
    """Check that every update of w, and the bounds, have the unit of the weights.

    Raises
    ------
    UnitError
        If one has not: names the term, what it is in, and the parameter to change.
    """
    _solved(rule, {"w": dimension_named(unit)})


def weight_dimension(rule: PlasticityRule) -> Dimension:
    """What the rule says itself of the weights: the dimension that all its updates of w agree on, `PLAIN` if it leaves it open.

    Raises
    ------
    UnitError
        If they do not agree.
    """
    return _solved(rule, {})["w"]


def _claims(rule: PlasticityRule) -> Iterator[Claim]:
    for update in rule.updates:
        yield from claims_of(update, rule.dimensions)
    for name, trace in rule.traces.items():
        if trace.dimension is not None:
            yield Claim("", f"the peak of {name!r}", Unit(trace.dimension), name, of_variable(name), _PEAK, "", trace.dimension)
    for side, dimension in zip(("lower", "upper"), rule.bound_dimensions, strict=True):
        if dimension is not None:
            text = f"the {side} bound"
            yield Claim("bounds", text, Unit(dimension), "weights", of_variable("w"), _BOUNDS, "", dimension)


def _solved(rule: PlasticityRule, known: Mapping[str, Dimension]) -> dict[str, Dimension]:
    """The units of w, tag and aux; the first claim that says one by itself decides it, and the others have to agree."""
    found, reasons = dict(known), {}
    open_claims = list(_claims(rule))
    while open_claims:
        claim = min(open_claims, key=lambda c: _undecided(c, found))
        open_claims.remove(claim)
        name, left = _difference(claim, found)
        if name:
            found[name] = left
            reasons[name] = f"{claim.where}: {claim.text}" if claim.where else claim.text
        elif left != PLAIN:
            raise UnitError(f"Rule {rule.name!r}: {_sentence(claim, found, reasons)}")
    return {name: found.get(name, PLAIN) for name in SYNAPTIC}


def _undecided(claim: Claim, found: Mapping[str, Dimension]) -> int:
    between = claim.found.times(claim.wanted, -1.0)
    return sum(name not in found for name in between.unknown)


def _difference(claim: Claim, found: dict[str, Dimension]) -> tuple[str, Dimension]:
    """The one variable that the claim decides, and its unit; else "" and what its two sides differ by.

    Where several are open, all but one are taken to be plain numbers.
    """
    between = claim.found.times(claim.wanted, -1.0)
    undecided = [name for name in between.unknown if name not in found]
    for name in undecided[:-1]:
        found[name] = PLAIN
    left = _valued(between, found)
    if not undecided:
        return "", left
    last = undecided[-1]
    return last, tuple(round(-d / between.unknown[last], 9) + 0.0 for d in left)


def _valued(unit: Unit, found: Mapping[str, Dimension]) -> Dimension:
    """The unit with those of the variables put in; of an open one, nothing."""
    for name, power in unit.unknown.items():
        unit = Unit(unit.known).times(Unit(found.get(name, PLAIN)), power)
    return tuple(d + 0.0 for d in unit.known)


def _sentence(claim: Claim, found: Mapping[str, Dimension], reasons: Mapping[str, str]) -> str:
    here, wanted = _valued(claim.found, found), _valued(claim.wanted, found)
    needed = tuple(round(own + b - a, 9) + 0.0 for own, a, b in zip(claim.own, here, wanted, strict=True))
    names = {**claim.found.unknown, **claim.wanted.unknown}
    because = [f"{n} is {in_words(found[n])} by {reasons[n]}" for n in names if n in reasons and reasons[n] != claim.text]
    verb = "are" if claim.other == "weights" else "is"
    expected = "plain numbers" if wanted == PLAIN and claim.other == "weights" else in_words(wanted)
    advice = claim.advice.format(
        name=claim.name,
        as_unit="as a plain number" if needed == PLAIN else f"in {unit_named(needed)}",
        in_unit="without unit" if needed == PLAIN else f"in {unit_named(needed)}",
        example="0.05" if needed == PLAIN else example_of(needed),
    )
    start = f"{claim.where}: " if claim.where else ""
    reason = f" ({'; '.join(because)})" if because else ""
    return f"{start}{claim.text} is {in_words(here)}; {claim.other} {verb} {expected}{reason}. {advice}"
