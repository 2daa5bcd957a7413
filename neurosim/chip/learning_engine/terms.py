"""Terms, the products of a rule in the form of the compiler: a constant can be added to a factor, as in (w - w_max)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from itertools import permutations

from neurosim.plasticity.products import Gate, GateKind, Product, StepRule

Factor = tuple[str, float]


@dataclass(frozen=True)
class Term:
    """A change ``target += coefficient * (name + constant) * ...`` when the gate opens, in units of the step program."""

    gate: Gate
    target: str
    coefficient: float
    factors: tuple[Factor, ...]

    def __str__(self) -> str:
        words = [f"({name} {constant:+g})" if constant else name for name, constant in self.factors]
        return f"{self.gate}: {self.target} += " + " * ".join([f"{self.coefficient:g}", *words])


def as_written(term: Term, gain: float) -> Term:
    """The term in described weight units, of which each is `gain` units of the step program, for messages."""
    units = {"w": gain}
    coefficient = term.coefficient / units.get(term.target, 1.0)
    for name, _ in term.factors:
        coefficient *= units.get(name, 1.0)
    return replace(term, coefficient=coefficient, factors=tuple((n, c / units.get(n, 1.0)) for n, c in term.factors))


def terms_of(rule: StepRule) -> tuple[Term, ...]:
    """The products of `rule` as terms for the engine, with equal products added up.

    The engine reads a decaying variable before its decay, but the rule reads it after its decay. Each product with such a
    variable is therefore multiplied by the fraction that remains, and the decay becomes an update in every step.
    """
    terms = [
        Term(p.gate, p.target, _read_before_decay(rule, p.coefficient, p.factors), tuple((name, 0.0) for name in p.factors))
        for p in summed(rule.products)
    ]
    terms += [decay(name, kept) for name, kept in rule.kept.items() if name in touched(rule)]
    return tuple(t for t in terms if t.coefficient)


def touched(rule: StepRule) -> set[str]:
    """Variables that the products of `rule` read or write."""
    return {name for p in rule.products for name in (p.target, *p.factors)}


def summed(products: Iterable[Product]) -> list[Product]:
    """The products with sorted factors, where equal products are added up."""
    sums: dict[Product, float] = {}
    for product in products:
        key = replace(product, coefficient=0.0, factors=tuple(sorted(product.factors)))
        sums[key] = sums.get(key, 0.0) + product.coefficient
    return [replace(key, coefficient=value) for key, value in sums.items()]


def decay(name: str, kept: float) -> Term:
    """The decay of a synaptic variable as a term."""
    return Term(Gate(GateKind.EVERY), name, kept - 1.0, ((name, 0.0),))


def _read_before_decay(rule: StepRule, coefficient: float, names: Iterable[str]) -> float:
    for name in names:
        coefficient *= rule.kept.get(name, 1.0)
    return coefficient


def joined(
    terms: Iterable[Term], names: Collection[str], accept: Callable[[str, float], bool]
) -> tuple[Term, ...]:
    """Join pairs ``a * rest * v + b * rest`` to ``a * rest * (v + b/a)``, for variables in `names` where `accept(v, b/a)`.

    This saves products and keeps fixed points, such as soft bounds, exact, because both parts have the same relative error.
    """
    found = list(terms)
    while (pair := _pair(found, names, accept)) is not None:
        with_factor, without, new = pair
        found[found.index(with_factor)] = new
        found.remove(without)
    return tuple(found)


def _pair(
    terms: list[Term], names: Collection[str], accept: Callable[[str, float], bool]
) -> tuple[Term, Term, Term] | None:
    for a, b in permutations(terms, 2):
        if (a.gate, a.target) != (b.gate, b.target) or len(a.factors) != len(b.factors) + 1:
            continue
        for name in names:
            constant = b.coefficient / a.coefficient
            if (name, 0.0) in a.factors and sorted((*b.factors, (name, 0.0))) == sorted(a.factors) and accept(name, constant):
                return a, b, Term(a.gate, a.target, a.coefficient, tuple(sorted((*b.factors, (name, constant)))))
    return None


def expanded(term: Term) -> list[Product]:
    """The term, multiplied out to products."""
    parts: list[tuple[float, tuple[str, ...]]] = [(term.coefficient, ())]
    for name, constant in term.factors:
        parts = [(c * k, names) for c, names in parts for k in (constant,) if k] + [(c, (*names, name)) for c, names in parts]
    return [Product(term.gate, term.target, c, tuple(sorted(names))) for c, names in parts]
