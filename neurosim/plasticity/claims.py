"""Conditions on units that follow from the updates of a rule.

For example, each term has the unit of its target, and both sides of a sum have the same unit. The units of w, tag, aux and
other variables of synapses are unknown here: a `Unit` counts them in addition to the seven base units, and a `Claim` is an
equation between two units. The module `neurosim.plasticity.rule_units` solves all claims of a rule. Traces of spikes and third
factors are plain numbers; states of the post neuron have its units, which are unknown as well; zero fits every unit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from neurosim.checks.dimensions import PLAIN, Dimension
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.grammar import constant, summands

_FACTOR = "Give {name} {as_unit}, such as {name}={example}."
_NUMBER = "Multiply it by a parameter {in_unit}, such as {example}."
_INSTEAD = "Write a parameter {in_unit} instead, such as {example}."
_PLAIN = "Divide it by a parameter of its unit."


@dataclass(frozen=True)
class Unit:
    """Unit that consists of a dimension and of powers of the units of w, tag and aux."""

    known: Dimension = PLAIN
    unknown: Mapping[str, float] = field(default_factory=dict)

    def times(self, other: Unit, power: float = 1.0) -> Unit:
        """Product of this unit and `other` to the given power."""
        names = {*self.unknown, *other.unknown}
        sums = {name: self.unknown.get(name, 0.0) + power * other.unknown.get(name, 0.0) for name in names}
        known = tuple(round(a + power * b, 9) for a, b in zip(self.known, other.known, strict=True))
        return Unit(known, {name: value for name, value in sorted(sums.items()) if value})

    def to(self, power: float) -> Unit:
        """Raise the unit to a power."""
        return Unit().times(self, power)


@dataclass(frozen=True)
class Claim:
    """Condition that the unit `found` equals the unit `wanted`.

    Attributes
    ----------
    where : str
        Part of the rule that the condition belongs to, such as "on_post".
    text, other : str
        Texts that name the expression with the unit `found`, and the one with the unit `wanted`.
    advice : str
        Remedy, as a text with placeholders for the unit and an example.
    name, own
        Parameter that the remedy refers to, and its unit.
    """

    where: str
    text: str
    found: Unit
    other: str
    wanted: Unit
    advice: str
    name: str = ""
    own: Dimension = PLAIN


def of_variable(name: str) -> Unit:
    """Unknown unit of the synaptic variable `name`, w, tag or aux, or of a state of the post neuron."""
    return Unit(PLAIN, {name: 1.0})


def claims_of(update: Update, dimensions: Mapping[str, Dimension], states: Mapping[str, str]) -> Iterator[Claim]:
    """Claims that follow from an update.

    Parameters
    ----------
    dimensions : mapping
        Dimensions of the parameters.
    states : mapping
        Name in the rule -> the unknown unit of the state of the post neuron that it reads.
    """
    reader = _Reader(update, dimensions, states)
    for term in summands(update.tree):
        unit = reader.of(term)
        yield from reader.taken()
        if unit is not None:
            other = "weights" if update.target == "w" else update.target
            yield reader.claim(term, unit, other, of_variable(update.target), _NUMBER)


class _Reader:
    """Reader that finds the units of the parts of an update, and collects claims while it reads."""

    def __init__(self, update: Update, dimensions: Mapping[str, Dimension], states: Mapping[str, str]) -> None:
        self._update, self._dimensions = update, dimensions
        self._unknown = {name: name for name in update.variables} | dict(states)
        self._claims: list[Claim] = []

    def taken(self) -> list[Claim]:
        """Return the claims collected so far, and clear the list."""
        claims, self._claims = self._claims, []
        return claims

    def claim(self, node: ast.expr, found: Unit, other: str, wanted: Unit, otherwise: str) -> Claim:
        """Claim that the unit `found` of `node` equals the unit `wanted` of `other`."""
        where, text = str(self._update.gate), ast.unparse(node)
        name = next((name for name in _factors(node) if name in self._update.numbers), "")
        own = self._dimensions.get(name, PLAIN)
        return Claim(where, text, found, other, wanted, _FACTOR if name else otherwise, name, own)

    def of(self, node: ast.expr) -> Unit | None:
        """Unit of `node`; None if it is zero, which fits every unit."""
        if constant(node, self._update.numbers) == 0:
            return None
        if isinstance(node, ast.Name):
            if node.id in self._unknown:
                return of_variable(self._unknown[node.id])
            return Unit(self._dimensions.get(node.id, PLAIN))
        if isinstance(node, ast.Compare):
            self._same(node.left, node.comparators[0])
            return Unit()
        if isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return self._truth(node.values if isinstance(node, ast.BoolOp) else [node.operand])
        if isinstance(node, ast.UnaryOp):
            return self.of(node.operand)
        if isinstance(node, ast.Call):
            return self._call(node)
        return self._binary(node) if isinstance(node, ast.BinOp) else Unit()

    def _binary(self, node: ast.BinOp) -> Unit | None:
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._same(node.left, node.right)
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Pow):
            self._plain(node.right, right)
            return None if left is None else left.to(constant(node.right, self._update.numbers) or 0.0)
        if left is None or right is None:
            return None
        return left.times(right, 1.0 if isinstance(node.op, ast.Mult) else -1.0)

    def _same(self, left: ast.expr, right: ast.expr) -> Unit | None:
        """Unit of both sides of a sum; if they differ, the side with a synaptic variable is assumed to be correct."""
        one, other = (left, right) if self._synaptic(left) or not self._synaptic(right) else (right, left)
        wanted, found = self.of(one), self.of(other)
        if wanted is not None and found is not None:
            self._claims.append(self.claim(other, found, ast.unparse(one), wanted, _INSTEAD))
        return found if wanted is None else wanted

    def _synaptic(self, node: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self._update.variables for part in ast.walk(node))

    def _truth(self, conditions: list[ast.expr]) -> Unit:
        """Conditions can have any unit; the result is the number 0 or 1."""
        for condition in conditions:
            self.of(condition)
        return Unit()

    def _plain(self, node: ast.expr, found: Unit | None) -> None:
        if found is not None:
            where, text = str(self._update.gate), ast.unparse(node)
            self._claims.append(Claim(where, text, found, "an exponent or an argument of exp or log", Unit(), _PLAIN))

    def _call(self, node: ast.Call) -> Unit | None:
        name = ast.unparse(node.func)
        if name == "clip":
            self._same(node.args[0], node.args[2])
            return self._same(node.args[0], node.args[1])
        if name in ("min", "max"):
            return self._same(*node.args)
        found = self.of(node.args[0])
        if name == "where":
            return self._same(*node.args[1:])
        if name in ("exp", "log"):
            self._plain(node.args[0], found)
        power = {"sqrt": 0.5, "abs": 1.0, "relu": 1.0, "before": 1.0}.get(name, 0.0)
        return None if found is None and power else (found or Unit()).to(power)


def _factors(node: ast.expr) -> Iterator[str]:
    """Names of the factors that multiply the whole expression."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.UnaryOp):
        yield from _factors(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _factors(node.left)
        yield from _factors(node.right)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from _factors(node.left)

