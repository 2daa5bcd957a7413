"""Factors of products that are not names: functions, comparisons, quotients and roots, kept as the text of an expression.

A rule is expanded to products, because every execution computes those. What is not a sum of products, such as ``w**0.4`` or
``relu(u - 0.02)``, stays whole: it is one factor of a product, an atom. Brian2 and the emulator in float compute atoms, a chip
does not.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from neurosim.plasticity.names import FUNCTIONS

_ROUNDED = 1e-12
"""What multiplying by a number and dividing by it may leave of a factor of 1."""
BEFORE = "before"
"""Function that reads a trace from before the spikes of the step."""


def is_atom(factor: str) -> bool:
    """Whether a factor of a product is an expression, and not a name."""
    return not factor.isidentifier()


@cache
def tree_of(factor: str) -> ast.expr:
    """Syntax tree of a factor."""
    return ast.parse(factor, mode="eval").body


@cache
def names_in(factor: str) -> frozenset[str]:
    """Names that a factor reads: itself, or those in its expression."""
    return frozenset(node.id for node in ast.walk(tree_of(factor)) if isinstance(node, ast.Name)) - {*FUNCTIONS}


@cache
def read_before(factor: str) -> frozenset[str]:
    """Traces that a factor reads from before the spikes of the step."""
    return frozenset(node.args[0].id for node in ast.walk(tree_of(factor)) if is_before(node))  # type: ignore[attr-defined]


def is_before(node: ast.AST) -> bool:
    """Whether a part of an expression is ``before(...)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == BEFORE


def with_numbers(tree: ast.expr, numbers: Mapping[str, float]) -> str:
    """Text of an expression with numbers in place of the parameters."""
    return text_of(_Replaced({name: _number(value) for name, value in numbers.items()}).visit(_copied(tree)))


def rescaled_factor(factor: str, factors: Mapping[str, float]) -> str:
    """The same factor for variables in other units: each variable v that it reads becomes ``factors[v] * v``."""
    changed = {name: by for name, by in factors.items() if by != 1 and name in names_in(factor)}
    if not changed or not is_atom(factor):
        return factor
    return text_of(_Divided(changed).visit(_copied(tree_of(factor))))


def shown_factor(factor: str) -> str:
    """A factor as it is written in a product."""
    tree = tree_of(factor)
    alone = isinstance(tree, ast.Name | ast.Call) or (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow))
    return factor if alone else f"({factor})"


def text_of(tree: ast.expr) -> str:
    """Text of an expression, with powers as they are usually written."""
    return ast.unparse(tree).replace(" ** ", "**")


def _copied(tree: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(tree), mode="eval").body


def _number(value: float) -> ast.expr:
    # The sign is an operator of its own, so that (-1)**2 keeps its parentheses.
    size = ast.Constant(abs(float(value)))
    return ast.UnaryOp(ast.USub(), size) if value < 0 else size


class _Replaced(ast.NodeTransformer):
    """Puts expressions in the places of names; the names of functions stay."""

    def __init__(self, parts: Mapping[str, ast.expr]) -> None:
        self._parts = parts

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._parts.get(node.id, node)


class _Divided(ast.NodeTransformer):
    """Divides names by numbers, and makes one number of those by which a name is divided."""

    def __init__(self, numbers: Mapping[str, float]) -> None:
        self._numbers = numbers

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if is_before(node):
            return self._over(node, node.args[0].id, 1.0)  # type: ignore[attr-defined]
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        inner, by = node.left.args[0] if is_before(node.left) else node.left, node.right  # type: ignore[attr-defined]
        if isinstance(node.op, ast.Div) and isinstance(inner, ast.Name) and isinstance(by, ast.Constant):
            return self._over(node.left, inner.id, float(by.value))  # type: ignore[arg-type]
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._over(node, node.id, 1.0)

    def _over(self, node: ast.expr, name: str, already: float) -> ast.expr:
        by = already * self._numbers.get(name, 1.0)
        return node if abs(by - 1) < _ROUNDED else ast.BinOp(node, ast.Div(), _number(by))
