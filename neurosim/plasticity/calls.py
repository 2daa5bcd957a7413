"""Comparisons, conditions and choices of the language of updates as calls of a few functions that every execution has."""

from __future__ import annotations

import ast
from collections.abc import Mapping

_COMPARED: Mapping[type[ast.cmpop], tuple[str, bool]] = {
    ast.Gt: ("rule_above", False), ast.Lt: ("rule_above", True), ast.GtE: ("rule_reaches", False),
    ast.LtE: ("rule_reaches", True), ast.Eq: ("rule_equals", False), ast.NotEq: ("rule_differs", False),
}  # fmt: skip
"""Operator -> function that returns 1 or 0, and whether its sides change places."""
_CALLED: Mapping[str, str] = {
    "where": "rule_where", "min": "rule_min", "max": "rule_max", "relu": "rule_max", "step": "rule_above",
}  # fmt: skip
_AGAINST_ZERO = ("relu", "step")


class Calls(ast.NodeTransformer):
    """Rewrites an expression of a rule, in which conditions are numbers: anything but 0 is true."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        name, turned = _COMPARED[type(node.ops[0])]
        sides = [self.visit(node.left), self.visit(node.comparators[0])]
        return _call(name, *(reversed(sides) if turned else sides))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        *first, joined = [self.visit(value) for value in node.values]
        joined = _truth(joined)
        for value in reversed(first):
            both = [joined, _number(0.0)] if isinstance(node.op, ast.And) else [_number(1.0), joined]
            joined = _call("rule_where", value, *both)
        return joined

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner = self.visit(node.operand)
        return _call("rule_equals", inner, _number(0.0)) if isinstance(node.op, ast.Not) else ast.UnaryOp(node.op, inner)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        name, given = node.func.id, [self.visit(argument) for argument in node.args]
        return _call(_CALLED.get(name, name), *given, *([_number(0.0)] if name in _AGAINST_ZERO else []))


def _truth(node: ast.expr) -> ast.expr:
    return _call("rule_differs", node, _number(0.0))


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name), list(arguments), [])


def _number(value: float) -> ast.expr:
    return ast.Constant(value)
