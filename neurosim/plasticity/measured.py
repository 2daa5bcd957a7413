"""Conversion of a rule to weights of another unit.

The numbers stay the same, so one network can use rules for weights in volts and rules for plain numbers.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from neurosim.checks.dimensions import dimension_named
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.gate import rewritten
from neurosim.plasticity.literals import of_dimension
from neurosim.plasticity.rule import PlasticityRule


def measured_in(rule: PlasticityRule, unit: str, size: float = 1.0) -> PlasticityRule:
    """`rule` for weights in `unit`: a weight of `size` in that unit corresponds to 1 in the SI unit of the original rule."""
    here, wanted = rule.units()["w"], dimension_named(unit)
    if here == wanted:
        return rule
    one = "one"
    while one in {*rule.traces, *rule.modulators, *rule.quantities}:
        one += "_"
    low, high = (None if bound is None else of_dimension(float(bound) * size, wanted) for bound in rule.limits)
    return PlasticityRule(
        name=rule.name,
        **rule.declared,
        modulators=rule.modulators,
        parameters={**rule.quantities, one: of_dimension(1 / size, tuple(a - b for a, b in zip(here, wanted, strict=True)))},
        bounds=(low, high),
        normalise=None if rule.normalise is None else replace(rule.normalise, dimension=wanted),
        paper=rule.paper,
        equation=rule.equation,
        **rewritten(rule, lambda update: _text(update, one)),
    )


def _text(update: Update, one: str) -> str:
    inner = ast.unparse(_Weights(one).visit(ast.parse(update.text, mode="eval")))
    return f"({inner}) / {one}" if update.target == "w" else inner


class _Weights(ast.NodeTransformer):
    def __init__(self, one: str) -> None:
        self._one = one

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.BinOp(node, ast.Mult(), ast.Name(self._one, ast.Load())) if node.id == "w" else node
