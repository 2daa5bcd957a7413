"""Language of updates: sums, products, quotients and powers of names and numbers, comparisons, and a few functions.

No text is executed. Python's own parser turns a text into a syntax tree, in which only some kinds of nodes are allowed. The
size of an expansion to products is limited before the expansion is computed. A comparison is 1 where it holds, and 0 elsewhere.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from math import comb, exp, isfinite, log, sqrt
from typing import Any, NoReturn

from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.plasticity.names import FUNCTIONS

LONGEST, DEEPEST, HIGHEST, MOST_TERMS, MOST_FACTORS = 1000, 100, 8, 256, 16
"""Limits of an update: characters, nested brackets, exponent, products after multiplying out, and factors per product."""

_NODES = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, ast.Constant, ast.Call,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub,
    ast.Compare, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq, ast.BoolOp, ast.And, ast.Or, ast.Not,
)  # fmt: skip
BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
"""Functions that apply the operators, to numbers and to symbols."""
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
_CALLED: Mapping[str, Callable[..., float]] = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "abs": abs,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, x, y: x if condition else y,
    "step": lambda x: float(x > 0),
    "relu": lambda x: max(x, 0.0),
    "min": min,
    "max": max,
}


def parsed(text: Any, who: str) -> tuple[str, ast.expr]:
    """Parse `text`; return it as it is stored, and its syntax tree.

    Raises
    ------
    NetworkError
        If it is not an expression, or too long or too deeply nested.
    """
    if not isinstance(text, str):
        raise NetworkError(f"{who}: {shown(text)} is not an expression; expected a text such as 'eta * x'.")
    if len(text) > LONGEST:
        raise NetworkError(f"{who}: the expression has {len(text)} characters; expected at most {LONGEST}. Split the rule.")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error) or "too many nested brackets"
        raise NetworkError(f"{who}: {text!r} is not an expression ({reason}).") from None
    if _depth(tree) > DEEPEST:
        raise NetworkError(f"{who}: the expression is nested {_depth(tree)} deep; expected at most {DEEPEST}. Split the rule.")
    # The text is written again if it has other letters, which Python normalises, or comments or line breaks, which would break
    # an expression that puts brackets around it.
    same = text.isascii() and text.isprintable() and "#" not in text
    return (text if same else ast.unparse(tree)), tree


def _depth(tree: ast.AST) -> int:
    """Number of levels of the tree, counted without recursion."""
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return depth


def check_language(tree: ast.AST, who: str, text: str, local: Collection[str]) -> None:
    """Raise NetworkError if a part of the tree is not in the language of updates, or a name is not local."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if id(node) not in called:
            _check_node(who, text, node, local)


def _check_node(who: str, text: str, node: ast.AST, local: Collection[str]) -> None:
    if isinstance(node, ast.Name) and node.id not in local:
        raise NetworkError(f"{who}: the factor {node.id!r} is not local. " + unknown_name("factor", node.id, local))
    if isinstance(node, ast.Call):
        _check_call(who, node)
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        raise NetworkError(f"{who}: {ast.unparse(node)} compares twice; write both comparisons, joined by 'and'.")
    if isinstance(node, ast.Constant) and not (isinstance(node.value, int | float) and not isinstance(node.value, bool)):
        raise NetworkError(f"{who}: {node.value!r} is not a number; expected a real number such as 0.5.")
    if not isinstance(node, _NODES):
        power = " Write powers with **." if isinstance(node, ast.BitXor) else ""
        choice = " Write a choice as where(condition, a, b)." if isinstance(node, ast.IfExp) else ""
        found = f"{text!r} is not a sum of products ({type(node).__name__} is not understood)"
        raise NetworkError(f"{who}: {found}.{power}{choice}")


def _check_call(who: str, node: ast.Call) -> None:
    if not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        raise NetworkError(f"{who}: {ast.unparse(node)} is not a known function; expected one of {', '.join(FUNCTIONS)}.")
    wanted = FUNCTIONS[node.func.id]
    if node.keywords or len(node.args) != wanted:
        found = len(node.args) + len(node.keywords)
        raise NetworkError(f"{who}: {ast.unparse(node)} has {found} arguments; {node.func.id} takes {wanted}, without names.")


def summands(tree: ast.expr) -> Iterator[ast.expr]:
    """Terms of a sum, without their signs."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub):
        yield from summands(tree.left)
        yield from summands(tree.right)
    elif isinstance(tree, ast.UnaryOp) and not isinstance(tree.op, ast.Not):
        yield from summands(tree.operand)
    else:
        yield tree


@dataclass(frozen=True)
class Extent:
    """Upper limits for an expression that is multiplied out.

    They are the number of products, the number of factors in a product, and the sum of the sizes of the coefficients. `value`
    is the value of the expression if it has no factors, and None otherwise.
    """

    terms: int
    factors: float
    size: float
    value: float | None = None


def extent(tree: ast.expr, numbers: Mapping[str, float], who: str) -> Extent:
    """Size of the expression when it is multiplied out.

    Raises
    ------
    NetworkError
        If a constant in it is not finite, an exponent cannot be multiplied out, or there are too many products.
    """
    return _Measure(numbers, who).of(tree)


def constant(tree: ast.expr, numbers: Mapping[str, float]) -> float | None:
    """Value of an expression without factors; None if it has factors."""
    return _Measure(numbers, "").of(tree).value


class _Measure:
    def __init__(self, numbers: Mapping[str, float], who: str) -> None:
        self._numbers, self._who = numbers, who

    def of(self, node: ast.expr) -> Extent:
        if isinstance(node, ast.Name):
            return self._number(node, self._numbers[node.id]) if node.id in self._numbers else Extent(1, 1, 1.0)
        if isinstance(node, ast.Constant):
            return self._number(node, node.value)
        if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return self._truth(node)
        if isinstance(node, ast.UnaryOp):
            inner = self.of(node.operand)
            sign = -1 if isinstance(node.op, ast.USub) else 1
            return inner if inner.value is None else self._number(node, sign * inner.value)
        if isinstance(node, ast.Call):
            return self._call(node)
        assert isinstance(node, ast.BinOp)
        return self._binary(node, self.of(node.left), self.of(node.right))

    def _number(self, node: ast.expr, value: Any) -> Extent:
        try:
            number = float(value)
        except (OverflowError, TypeError):
            number = float("nan")
        if not isfinite(number):
            self._refuse(f"{_short(node)} is not a finite real number")
        return Extent(1, 0, abs(number), number)

    def _call(self, node: ast.Call) -> Extent:
        assert isinstance(node.func, ast.Name)
        return self._kept_whole(node, node.args, lambda *values: _CALLED[node.func.id](*values))  # type: ignore[attr-defined]

    def _truth(self, node: ast.Compare | ast.BoolOp | ast.UnaryOp) -> Extent:
        if isinstance(node, ast.Compare):
            compared = _COMPARED[type(node.ops[0])]
            return self._kept_whole(node, [node.left, node.comparators[0]], compared)
        if isinstance(node, ast.UnaryOp):
            return self._kept_whole(node, [node.operand], operator.not_)
        joined = all if isinstance(node.op, ast.And) else any
        return self._kept_whole(node, node.values, lambda *values: joined(values))

    def _kept_whole(self, node: ast.expr, parts: list[ast.expr], calculate: Callable[..., Any]) -> Extent:
        """A part that is one factor, unless it is a number."""
        values = [extent.value for extent in map(self.of, parts) if extent.value is not None]
        if len(values) == len(parts):
            return self._number(node, self._calculated(node, lambda: calculate(*values)))
        return Extent(1, 1, 1.0)

    def _calculated(self, node: ast.expr, calculate: Callable[[], Any]) -> Any:
        try:
            return calculate()
        except ZeroDivisionError:
            self._refuse(f"{_short(node)} divides by zero")
        except (OverflowError, ValueError):
            return float("nan")

    def _binary(self, node: ast.BinOp, left: Extent, right: Extent) -> Extent:
        if isinstance(node.op, ast.Pow):
            return self._power(node, left, right)
        if left.value is not None and right.value is not None:
            a, b = left.value, right.value
            return self._number(node, self._calculated(node, lambda: BINARY[type(node.op)](a, b)))
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._sum(node, left, right)
        return self._product(node, left, right)

    def _sum(self, node: ast.expr, left: Extent, right: Extent) -> Extent:
        factors = max(left.factors, right.factors)
        return self._checked(node, Extent(left.terms + right.terms, factors, left.size + right.size))

    def _product(self, node: ast.BinOp, left: Extent, right: Extent) -> Extent:
        if right.value == 0 and isinstance(node.op, ast.Div):
            self._refuse(f"{_short(node)} divides by zero")
        by = right.size if isinstance(node.op, ast.Mult) else 1.0 if right.value is None else 1 / abs(right.value)
        return self._checked(node, Extent(left.terms * right.terms, left.factors + right.factors, left.size * by))

    def _power(self, node: ast.BinOp, base: Extent, exponent: Extent) -> Extent:
        n = exponent.value
        if n is None or abs(n) > HIGHEST:
            found = "depends on factors" if n is None else f"is {n:g}"
            self._refuse(f"the exponent of {_short(node)} {found}; expected a number from -{HIGHEST} to {HIGHEST}")
        if base.value is not None:
            a = base.value
            return self._number(node, self._calculated(node, lambda: a**n))
        whole = int(abs(n)) + (int(abs(n)) != abs(n))
        terms = comb(whole + base.terms - 1, whole)
        return self._checked(node, Extent(terms, base.factors * max(1.0, abs(n)), max(base.size, 1.0) ** whole))

    def _checked(self, node: ast.expr, found: Extent) -> Extent:
        if not isfinite(found.size):
            self._refuse(f"the constants of {_short(node)} are not finite")
        if found.terms > MOST_TERMS or found.factors > MOST_FACTORS:
            raise NetworkError(
                f"{self._who}: multiplied out, {_short(node)} has up to {found.terms} products of up to {found.factors:g} "
                f"factors; expected at most {MOST_TERMS} of {MOST_FACTORS}. Use fewer brackets and smaller exponents."
            )
        return found

    def _refuse(self, problem: str) -> NoReturn:
        raise NetworkError(
            f"{self._who}: {problem}. Constants have to be finite real numbers, and divisors must not be zero."
        )


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
