"""Translation of the expressions of a rule to the names that its factors have in Brian2."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from neurosim.backends.brian2.blueprint import Plasticity
from neurosim.backends.brian2.names import before_name, signal_name, variable_name
from neurosim.plasticity.atoms import is_before
from neurosim.plasticity.calls import Calls
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.products import SYNAPTIC


def translated(update: Update, learning: Plasticity, projection: str) -> str:
    """The text of `update` for the Synapses of `projection`; parameters become numbers."""
    names = {name: variable_name(name) for name in (*SYNAPTIC, *learning.rule.traces)}
    names |= {name: variable_name(name) for name in learning.varied}
    names |= {name: f"{signal_name(projection, name)}_post" for name in learning.signals}
    names |= {name: f"{variable}_post" for name, variable in learning.supplied.items()}
    tree = Calls().visit(_Translator(names, update.numbers).visit(ast.parse(update.text, mode="eval").body))
    return ast.unparse(tree)


class _Translator(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str], numbers: Mapping[str, float]) -> None:
        self._names, self._numbers = names, numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._numbers:
            return _literal(self._numbers[node.id])
        return ast.Name(self._names.get(node.id, node.id), ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if is_before(node):
            return ast.Name(before_name(node.args[0].id), ast.Load())  # type: ignore[attr-defined]
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        # In C++, dividing two whole numbers would give a whole number.
        return _literal(float(node.value))  # type: ignore[arg-type]


def _literal(value: float) -> ast.expr:
    # The sign becomes a separate operator, so that (-1)**2 keeps its parentheses.
    size = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), size) if value < 0 else size
