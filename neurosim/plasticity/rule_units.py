"""Units of a rule: those of w, tag and aux follow from its updates and, in a projection, from the unit of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from neurosim.checks.dimensions import PLAIN, Dimension, dimension_named, example_of, in_words, unit_named
from neurosim.errors import UnitError
from neurosim.plasticity.claims import Claim, Unit, claims_of, of_variable
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.products import SYNAPTIC

_TOTAL = "the sum"
_GIVE = "Give it {as_unit}, such as {example}."
_MOST_TRIED = 8
"""Largest number of quantities for which a remedy considers another unit."""

Dimensions = Mapping[str, Dimension]


@dataclass(frozen=True)
class Declared:
    """Parts of a rule from which its units follow.

    Attributes
    ----------
    name : str
        Name of the rule.
    parameters : mapping
        Dimensions of the parameters that are not zero; zero fits every unit.
    bounds : (lower, upper)
        Dimensions of the bounds; None where every dimension fits.
    peaks : mapping
        Dimensions of the declared peaks of synaptic variables.
    updates : sequence of Update
        Updates of the rule.
    total : Dimension, optional
        Dimension of the sum to which weights are normalised.
    starts : mapping
        Dimensions of values with which synaptic variables begin.
    variables : tuple of str
        Names of the synaptic variables.
    states : mapping
        Name -> the state of the postsynaptic neuron that it reads, as `state_of` names it.
    """

    name: str
    parameters: Dimensions
    bounds: tuple[Dimension | None, Dimension | None]
    peaks: Dimensions
    updates: Sequence[Update]
    total: Dimension | None = None
    starts: Dimensions = field(default_factory=dict)
    variables: tuple[str, ...] = SYNAPTIC
    states: Mapping[str, str] = field(default_factory=dict)


_STATE = "the state "


def state_of(state: str) -> str:
    """What the unit of a state of the postsynaptic neuron is called in messages."""
    return f"{_STATE}{state!r}"


def checked_units(declared: Declared, weight_unit: str | None, states: Mapping[str, str]) -> Dimensions:
    """Dimensions of w, tag and aux that fit all updates and bounds; see `PlasticityRule.units`."""
    given = _given(declared)
    known = {} if weight_unit is None else {"w": dimension_named(weight_unit)}
    known |= {state_of(name): dimension_named(unit) for name, unit in states.items()}
    solution = _solved(declared, given, known)
    if solution.broken is not None:
        remedy = _remedy(declared, given, solution)
        raise UnitError(f"Rule {declared.name!r}: {_sentence(solution, solution.broken)} {remedy}")
    return {name: solution.units.get(name, PLAIN) for name in declared.variables}


def _given(declared: Declared) -> dict[str, Dimension]:
    """Dimensions of all parameters, bounds and peaks that have one."""
    out = dict(declared.parameters)
    for side, limit in zip(("lower", "upper"), declared.bounds, strict=True):
        out |= {} if limit is None else {f"the {side} bound": limit}
    out |= {} if declared.total is None else {_TOTAL: declared.total}
    return out | {text: dimension for _, text, dimension in _values(declared)}


def _values(declared: Declared) -> Iterator[tuple[str, str, Dimension]]:
    """Variable, text and dimension of each declared peak and start."""
    yield from ((name, f"the peak of {name!r}", dimension) for name, dimension in declared.peaks.items())
    yield from ((name, f"the start of {name!r}", dimension) for name, dimension in declared.starts.items())


def _claims(declared: Declared, given: Dimensions) -> Iterator[Claim]:
    for update in declared.updates:
        yield from claims_of(update, given, declared.states)
    for text in ("the lower bound", "the upper bound"):
        if text in given:
            yield Claim("bounds", text, Unit(given[text]), "weights", of_variable("w"), _GIVE, "", given[text])
    if declared.total is not None:
        yield Claim("normalise", _TOTAL, Unit(given[_TOTAL]), "weights", of_variable("w"), _GIVE, "", given[_TOTAL])
    for name, text, _ in _values(declared):
        yield Claim("", text, Unit(given[text]), name, of_variable(name), _GIVE, "", given[text])


@dataclass(frozen=True)
class _Solution:
    """Units of w, tag and aux, the claim from which each follows, and the first claim that does not hold."""

    units: dict[str, Dimension]
    reasons: dict[str, str]
    broken: Claim | None = None


def _solved(declared: Declared, given: Dimensions, known: Dimensions) -> _Solution:
    """Solve the claims: the first claim with one unknown unit determines this unit, and the others have to agree."""
    found, reasons = dict(known), dict[str, str]()
    still = list(_claims(declared, given))
    while still:
        claim = min(still, key=lambda c: len(_undecided(c, found)))
        still.remove(claim)
        undecided = _undecided(claim, found)
        # If several are unknown, all but one are assumed to be plain numbers.
        found.update(dict.fromkeys(undecided[:-1], PLAIN))
        between = _between(claim)
        left = _valued(between, found)
        if undecided:
            name = undecided[-1]
            found[name] = tuple(round(-d / between.unknown[name], 9) + 0.0 for d in left)
            reasons[name] = f"{claim.where}: {claim.text}".removeprefix(": ")
        elif left != PLAIN:
            return _Solution(found, reasons, claim)
    return _Solution(found, reasons)


def _between(claim: Claim) -> Unit:
    return claim.found.times(claim.wanted, -1.0)


def _undecided(claim: Claim, found: Dimensions) -> list[str]:
    return [name for name in _between(claim).unknown if name not in found]


def _valued(unit: Unit, found: Dimensions) -> Dimension:
    """Dimension of the unit with the found units inserted; unknown units count as plain numbers."""
    for name, power in unit.unknown.items():
        unit = Unit(unit.known).times(Unit(found.get(name, PLAIN)), power)
    return tuple(d + 0.0 for d in unit.known)


def _sentence(solution: _Solution, claim: Claim) -> str:
    start = f"{claim.where}: " if claim.where else ""
    if any(name not in solution.units for name in claim.wanted.unknown):
        off = unit_named(_valued(_between(claim), solution.units))
        return f"{start}{claim.text} is in the unit of {claim.other} times {off}."
    here, wanted = (_valued(unit, solution.units) for unit in (claim.found, claim.wanted))
    reasons = {n: r for n, r in solution.reasons.items() if n in {**claim.found.unknown, **claim.wanted.unknown}}
    because = [f"{n} is {in_words(solution.units[n])} by {reason}" for n, reason in reasons.items()]
    because += [f"{n} of the neuron is {in_words(solution.units[n])}" for n in _states(claim) if n not in reasons]
    verb = "are" if claim.other == "weights" else "is"
    expected = "plain numbers" if wanted == PLAIN and claim.other == "weights" else in_words(wanted)
    reason = f" ({'; '.join(because)})" if because else ""
    return f"{start}{claim.text} is {in_words(here)}; {claim.other} {verb} {expected}{reason}."


def _states(claim: Claim) -> list[str]:
    """States of the postsynaptic neuron whose units a claim compares."""
    return [n for n in {**claim.found.unknown, **claim.wanted.unknown} if n.startswith(_STATE)]


def _remedy(declared: Declared, given: Dimensions, solution: _Solution) -> str:
    """Remedy that changes as little as possible.

    If possible, it names the fewest quantities that would make the whole rule fit if they had the unit of the weights.
    Otherwise it corrects the first claim that does not hold.
    """
    claim = solution.broken
    assert claim is not None
    unit = solution.units.get("w", PLAIN)
    names = [name for name, dimension in given.items() if dimension != unit and not _states(claim)][:_MOST_TRIED]
    for count in range(1, len(names) + 1):
        for chosen in combinations(names, count):
            tried = _solved(declared, {**given, **dict.fromkeys(chosen, unit)}, {"w": unit})
            if "w" in solution.units and tried.broken is None:
                return _give(chosen, unit)
    here, wanted = (_valued(side, solution.units) for side in (claim.found, claim.wanted))
    needed = tuple(round(own + b - a, 9) + 0.0 for own, a, b in zip(claim.own, here, wanted, strict=True))
    in_unit = "without unit" if needed == PLAIN else f"in {unit_named(needed)}"
    return claim.advice.format(name=claim.name, as_unit=_as(needed), in_unit=in_unit, example=example_of(needed))


def _give(names: tuple[str, ...], unit: Dimension) -> str:
    examples = ", ".join(f"{name}={example_of(unit)}" for name in names if name.isidentifier())
    return f"Give {' and '.join(names)} {_as(unit)}, such as {examples or example_of(unit)}."


def _as(unit: Dimension) -> str:
    return "as a plain number" if unit == PLAIN else f"in {unit_named(unit)}"
