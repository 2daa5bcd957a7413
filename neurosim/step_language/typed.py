"""Typed statements of a step, in float and in the integers of a chip: what is computed, before it is written in any language.

In float every number is a double, and all types of numbers are alike. In integers a product is rounded toward zero to the grid
of its type, sums of levels have 32 bits, and an assignment saturates or wraps as the kind of the state asks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from neurosim.errors import NetworkError
from neurosim.step_language.declaration import ARGUMENTS, Declaration, Statement, statements
from neurosim.step_language.kinds import BITS, FLAG, FRACTION, GRID_BITS, LEVEL, LITERAL, PER_LEVEL, PRODUCTS, STATES, WHOLE
from neurosim.step_language.terms import Assignment, Term

_SIGNS: Mapping[type, str] = {
    ast.Gt: ">", ast.Lt: "<", ast.GtE: ">=", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_DRAWN = "draw is read by chance(draw) and low_bits(draw, bits, n) only"
_LARGEST, _MOST_RANDOM_BITS = 2.0**31, 16
_INSTEAD = {
    ast.Div: "; a chip has no division, so multiply by a number such as 0.5, or by a parameter of the kind Fraction",
    ast.Pow: "; write a power as products, such as (k * v) * v with a parameter k of the kind PerLevel",
}
"""Operator that is not in the language -> how to write it."""


@dataclass(frozen=True)
class Step:
    """The typed step of a neuron.

    Attributes
    ----------
    assignments : tuple of Assignment
    channels : mapping
        Channel -> (when an event leaves, what it carries or None).
    factors : mapping
        Third factor -> its value.
    after : tuple of Assignment
        What is done after third factors were read.
    """

    declaration: Declaration
    assignments: tuple[Assignment, ...]
    channels: Mapping[str, tuple[Term, Term | None]]
    factors: Mapping[str, Term]
    after: tuple[Assignment, ...]


def typed(declaration: Declaration, integers: bool) -> Step:
    """The step in float, or in the integers of a chip.

    Raises
    ------
    NetworkError
        If a statement is not in the language, or has no place on a chip; names it, the reason, and the way to write it.
    """
    types = _Types(declaration, integers)
    first = types.assignments(statements(declaration, declaration.step))
    channels = {
        name: (
            types.flag(_parsed(declaration, c.when)),
            types.counted(_parsed(declaration, c.payload)) if c.payload else None,
        )
        for name, c in declaration.channels.items()
    }
    factors = {name: types.plain(_parsed(declaration, text, "factors")) for name, text in declaration.factors.items()}
    known = tuple(a.name for a in first)
    after = types.assignments(statements(declaration, declaration.after, known)) if declaration.after else ()
    return Step(declaration, first, channels, factors, after)


def fits(product: Term, declaration: Declaration) -> bool:
    """Whether a product that is a level stays within 32 bits, as a decay does, and a level of 24 bits times a parameter."""
    factors = product.parts[:2]
    if any(f.op == "kept" for f in factors):
        return True
    given = {name for name, kind in declaration.parameters.items() if kind == "fraction"}
    return all(f.bounded if f.type == LEVEL else f.op == "name" and f.parts[0] in given for f in factors)


def _parsed(declaration: Declaration, text: str, where: str = "sends") -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise NetworkError(f"{declaration.name}.{where}: {text!r}: {error.msg}.") from None


class _Types:
    """Derives the terms of one declaration in one number system."""

    def __init__(self, declaration: Declaration, integers: bool) -> None:
        self._of, self._integers = declaration, integers
        self._names = {name: Term("name", (name,), kind.type, kind.bounded) for name, kind in declaration.kinds.items()}

    def assignments(self, found: list[Statement]) -> tuple[Assignment, ...]:
        return tuple(Assignment(s.name, self._assigned(s), s.shared) for s in found)

    def _assigned(self, statement: Statement) -> Term:
        value, name = self.term(statement.value), statement.name
        kind = self._of.states.get(name)
        if kind is None:
            value = self._as(statement.value, value, WHOLE) if value.type == LITERAL else value
            if value.type == BITS:
                self._fail(statement.value, _DRAWN)
            if name in self._names:
                value = self._as(statement.value, value, self._names[name].type)
            self._names[name] = Term("name", (name,), value.type, value.bounded)
            return value
        return self._kept(statement.value, self._as(statement.value, value, STATES[kind].type), kind)

    def _kept(self, node: ast.expr, value: Term, kind: str) -> Term:
        """As the state keeps it."""
        wanted = STATES[kind]
        if self._integers and wanted.keeps and not value.bounded:
            return Term(wanted.keeps, (value,), LEVEL, bounded=True)
        return value

    def _fail(self, node: ast.AST, why: str) -> NoReturn:
        raise NetworkError(f"{self._of.name}.step: {ast.unparse(node)!r}: {why}.")

    def _as(self, node: ast.AST, term: Term, wanted: str) -> Term:
        """A term where `wanted` is expected: literals take the type of what they meet, flags are whole numbers 0 and 1."""
        if term.type == wanted:
            return term
        if term.type == LITERAL:
            return self._literal(node, term, wanted)
        if {term.type, wanted} == {FLAG, WHOLE}:
            return Term("whole", (term,), WHOLE) if wanted == WHOLE else self._nonzero(term)
        if (term.type, wanted) == (WHOLE, FRACTION):
            return replace(term, type=FRACTION)
        if not self._integers and BITS not in (term.type, wanted) and FLAG not in (term.type, wanted):
            return replace(term, type=wanted)
        self._fail(node, f"is a {_noun(term.type)}, and a {_noun(wanted)} is expected there")

    def _literal(self, node: ast.AST, term: Term, wanted: str) -> Term:
        number = term.parts[0]
        if wanted == FLAG:
            return Term("compare", ("!=", Term("number", (number,), WHOLE), Term("number", (0,), WHOLE)), FLAG)
        if self._integers and wanted in (LEVEL, PER_LEVEL) and number != 0:
            self._fail(node, f"the number {number} has no unit, and a {_noun(wanted)} is expected; make it a parameter")
        if self._integers and wanted == FRACTION and number * 4096 != int(number * 4096):
            self._fail(node, f"{number} is no multiple of 2^-12, as fractions are on a chip; make it a parameter")
        if wanted == WHOLE and number != int(number):
            self._fail(node, f"{number} is no whole number, and one is expected there")
        return Term("number", (number,), wanted, bounded=True)

    def _counted(self, node: ast.AST, term: Term) -> Term:
        """A flag as the number 0 or 1, where one computes with it."""
        return self._as(node, term, WHOLE) if term.type == FLAG else term

    def _nonzero(self, term: Term) -> Term:
        return Term("compare", ("!=", term, Term("number", (0,), term.type, True)), FLAG)

    def flag(self, node: ast.expr) -> Term:
        term = self.term(node)
        if term.type == FLAG:
            return term
        if term.type not in (WHOLE, LITERAL):
            compared = f"compare it, such as {ast.unparse(node)} > 0"
            self._fail(node, f"is a {_noun(term.type)}, and a condition is expected there; {compared}")
        return self._nonzero(self._as(node, term, WHOLE))

    def counted(self, node: ast.expr) -> Term:
        """What a channel carries."""
        term = self._counted(node, self.term(node))
        if term.type not in (WHOLE, LITERAL) and self._integers:
            self._fail(node, f"is a {_noun(term.type)}, and a channel sends whole numbers")
        return self._as(node, term, WHOLE) if term.type == LITERAL else term

    def plain(self, node: ast.expr) -> Term:
        """A third factor."""
        term = self.term(node)
        if self._integers and term.type not in (WHOLE, FRACTION, FLAG, LITERAL):
            remedy = "; multiply it by a parameter of the kind PerLevel" if term.type == LEVEL else ""
            self._fail(node, f"is a {_noun(term.type)}, and a third factor is a plain number{remedy}")
        return term

    def term(self, node: ast.expr) -> Term:
        read: Callable[[Any], Term] | None = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if read is None:
            self._fail(node, "is not in the language of steps")
        return read(node)

    def _of_name(self, node: ast.Name) -> Term:
        if node.id == "spike" and node.id not in self._names:
            self._fail(node, "the step does not assign it; write when the neuron spikes, such as spike = v > v_th")
        if node.id not in self._names:
            self._fail(node, f"has no value there; known are {', '.join(sorted(self._names))}")
        return self._names[node.id]

    def _of_constant(self, node: ast.Constant) -> Term:
        if isinstance(node.value, bool):
            return Term("number", (int(node.value),), FLAG)
        if isinstance(node.value, int | float):
            if not abs(node.value) < _LARGEST:
                self._fail(node, "is too large; numbers in a step lie between -2^31 and 2^31")
            return Term("number", (node.value,), LITERAL, bounded=True)
        self._fail(node, "is no number")

    def _of_unaryop(self, node: ast.UnaryOp) -> Term:
        if isinstance(node.op, ast.Not):
            return Term("not", (self.flag(node.operand),), FLAG)
        if not isinstance(node.op, ast.USub):
            self._fail(node, "is not in the language of steps")
        term = self._counted(node, self.term(node.operand))
        if term.type == BITS:
            self._fail(node, _DRAWN)
        if term.type == LITERAL:
            return replace(term, parts=(-term.parts[0],))
        return Term("negative", (term,), term.type, term.bounded)

    def _of_binop(self, node: ast.BinOp) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            a, b = self._same(node, *(self._counted(node, t) for t in (left, right)))
            return Term("add" if isinstance(node.op, ast.Add) else "sub", (a, b), a.type)
        if isinstance(node.op, ast.Mult):
            return self._product(node, left, right, "toward zero")
        if isinstance(node.op, ast.Mod):
            if not (right.type == LITERAL and right.parts[0] > 0 or self._of.parameters.get(right.parts[0]) == "whole"):
                self._fail(node, "expected a whole number above 0, or a parameter of the kind Whole or Steps, right of %")
            return Term("modulo", tuple(self._as(node, t, WHOLE) for t in (left, right)), WHOLE)
        self._fail(node, "operators are + - * %" + _INSTEAD.get(type(node.op), ""))

    def _product(self, node: ast.AST, left: Term, right: Term, rounding: str, bits: int | None = None) -> Term:
        a, b = self._numbered(node, left, right), self._numbered(node, right, left)
        if not self._integers:
            shared = WHOLE if {a.type, b.type} == {WHOLE} else LEVEL
            return Term("times", (a, b), shared)
        if WHOLE in (a.type, b.type):
            return Term("times", (a, b), b.type if a.type == WHOLE else a.type)
        made = PRODUCTS.get(frozenset({a.type, b.type}))
        if made is None:
            remedy = "; write (k * v) * v with a parameter k of the kind PerLevel" if a.type == b.type == LEVEL else ""
            self._fail(node, f"a {_noun(a.type)} times a {_noun(b.type)} has no place on a chip{remedy}")
        return Term("product", (a, b, rounding, bits), made)

    def _numbered(self, node: ast.AST, term: Term, other: Term) -> Term:
        """A literal as a number that multiplies: whole if it is one, else a fraction."""
        if term.type == FLAG:
            return self._as(node, term, WHOLE)
        if term.type != LITERAL:
            return term
        return self._literal(node, term, WHOLE if term.parts[0] == int(term.parts[0]) else FRACTION)

    def _same(self, node: ast.AST, left: Term, right: Term) -> tuple[Term, Term]:
        if BITS in (left.type, right.type):
            self._fail(node, _DRAWN)
        if left.type == right.type == FLAG:
            return left, right
        if left.type == right.type == LITERAL:
            wanted = WHOLE if all(float(t.parts[0]).is_integer() for t in (left, right)) else FRACTION
            return self._as(node, left, wanted), self._as(node, right, wanted)
        if LITERAL in (left.type, right.type):
            other = right.type if left.type == LITERAL else left.type
            other = WHOLE if other == FLAG else other
            return self._as(node, left, other), self._as(node, right, other)
        if FLAG in (left.type, right.type):
            return self._as(node, left, WHOLE), self._as(node, right, WHOLE)
        if (left.type, right.type) == (WHOLE, FRACTION):
            return self._as(node, left, FRACTION), right
        return left, self._as(node, right, left.type)

    def _of_compare(self, node: ast.Compare) -> Term:
        out: Term | None = None
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if type(operator) not in _SIGNS:
                self._fail(node, "comparisons are > < >= <= == !=")
            a, b = self._same(node, self.term(left), self.term(right))
            one = Term("compare", (_SIGNS[type(operator)], a, b), FLAG)
            out, left = one if out is None else Term("and", (out, one), FLAG), right
        assert out is not None
        return out

    def _of_boolop(self, node: ast.BoolOp) -> Term:
        op = "and" if isinstance(node.op, ast.And) else "or"
        out = self.flag(node.values[0])
        for value in node.values[1:]:
            out = Term(op, (out, self.flag(value)), FLAG)
        return out

    def _of_ifexp(self, node: ast.IfExp) -> Term:
        return self._choice(node, self.flag(node.test), self.term(node.body), self.term(node.orelse))

    def _choice(self, node: ast.AST, test: Term, yes: Term, no: Term) -> Term:
        if FLAG in (yes.type, no.type) and LITERAL in (yes.type, no.type):
            yes, no = self._as(node, yes, FLAG), self._as(node, no, FLAG)
        a, b = self._same(node, yes, no)
        return Term("choice", (test, a, b), a.type, a.bounded and b.bounded)

    def _of_call(self, node: ast.Call) -> Term:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        made: Callable[[ast.Call], Term] | None = getattr(self, f"_call_{name}", None)
        if made is None or node.keywords:
            self._fail(node, "is no function of the language of steps")
        if len(node.args) not in ARGUMENTS[name]:
            expected = " or ".join(str(n) for n in ARGUMENTS[name])
            self._fail(node, f"has {len(node.args)} arguments; expected {expected}")
        return made(node)

    def _call_where(self, node: ast.Call) -> Term:
        test, yes, no = node.args
        return self._choice(node, self.flag(test), self.term(yes), self.term(no))

    def _call_decay(self, node: ast.Call) -> Term:
        value, rate = (self.term(a) for a in node.args)
        if rate.op != "name" or self._of.parameters.get(rate.parts[0]) not in ("decay", "current_decay"):
            self._fail(node, "expected a parameter of the kind Decay or SynapticDecay as the second argument")
        value = self._as(node, value, LEVEL) if value.type == LITERAL else value
        kept = Term("kept", rate.parts, FRACTION)
        if not self._integers:
            return Term("times", (value, kept), value.type)
        return Term("product", (value, kept, "toward zero", None), value.type, value.bounded)

    def _call_min(self, node: ast.Call) -> Term:
        return self._extreme(node, "min")

    def _call_max(self, node: ast.Call) -> Term:
        return self._extreme(node, "max")

    def _extreme(self, node: ast.Call, op: str) -> Term:
        a, b = self._same(node, *(self._counted(node, self.term(x)) for x in node.args))
        return Term(op, (a, b), a.type, a.bounded and b.bounded)

    def _call_abs(self, node: ast.Call) -> Term:
        term = self._counted(node, self.term(node.args[0]))
        if term.type == LITERAL:
            return replace(term, parts=(abs(term.parts[0]),))
        return Term("abs", (term,), term.type, term.bounded)

    def _call_exp(self, node: ast.Call) -> Term:
        if self._integers:
            self._fail(node, "a chip has no exponential function")
        term = self._counted(node, self.term(node.args[0]))
        return Term("exp", (self._as(node, term, FRACTION) if term.type == LITERAL else term,), FRACTION)

    def _call_sign(self, node: ast.Call) -> Term:
        return Term("sign", (self._counted(node, self.term(node.args[0])),), WHOLE)

    def _call_int(self, node: ast.Call) -> Term:
        return self._as(node, self.flag(node.args[0]), WHOLE)

    def _call_floor(self, node: ast.Call) -> Term:
        """A product that is rounded down, to so many bits after the point."""
        product, bits = node.args[0], self._bits(node, node.args[1], GRID_BITS) if len(node.args) > 1 else None
        if not (isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult)):
            self._fail(node, "floor(...) is for a product")
        return self._product(node, self.term(product.left), self.term(product.right), "down", bits)

    def _call_saturate(self, node: ast.Call) -> Term:
        term = self.term(node.args[0])
        term = self._as(node, term, LEVEL)
        return Term("saturate", (term,), LEVEL, bounded=True) if self._integers else term

    def _call_probability(self, node: ast.Call) -> Term:
        fraction = self._as(node.args[0], self.term(node.args[0]), FRACTION)
        if not self._integers:
            return fraction
        ends = [Term("number", (number,), FRACTION) for number in (0.0, 127 / 128)]
        return Term("min", (Term("max", (fraction, ends[0]), FRACTION), ends[1]), FRACTION)

    def _call_units(self, node: ast.Call) -> Term:
        """A fraction as a whole number, of so many bits after the point."""
        fraction = self._as(node.args[0], self.term(node.args[0]), FRACTION)
        return Term("units", (fraction, self._bits(node, node.args[1], GRID_BITS)), WHOLE)

    def _call_chance(self, node: ast.Call) -> Term:
        self._drawn(node)
        # As many bits as the probabilities have that it is compared with.
        return Term("chance", (7 if self._integers else 16,), FRACTION)

    def _call_low_bits(self, node: ast.Call) -> Term:
        self._drawn(node)
        bits = self._bits(node, node.args[1], _MOST_RANDOM_BITS)
        return Term("low_bits", (bits, self._as(node, self.term(node.args[2]), WHOLE)), WHOLE)

    def _drawn(self, node: ast.Call) -> None:
        if not (isinstance(node.args[0], ast.Name) and node.args[0].id == "draw"):
            self._fail(node, "expected draw as the first argument")

    def _bits(self, node: ast.AST, bits: ast.expr, most: int) -> int:
        number = bits.value if isinstance(bits, ast.Constant) else None
        if type(number) is not int or not 0 <= number <= most:
            self._fail(node, f"expected a whole number of bits from 0 to {most}")
        return number


def _noun(type_name: str) -> str:
    return {PER_LEVEL: "number per level", WHOLE: "whole number"}.get(type_name, type_name)
