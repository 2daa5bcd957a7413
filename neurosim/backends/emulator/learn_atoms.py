"""Factors that are expressions, as text of a kernel in float: those of one side are computed per neuron, others per synapse."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy

from neurosim.backends.emulator.rule_layout import POST, POST_ATOM, PRE, PRE_ATOM, SIGNAL, SYNAPSE, RuleLayout
from neurosim.plasticity.atoms import is_before, names_in, read_before, tree_of
from neurosim.plasticity.calls import Calls

LIBRARY = """
def rule_where(c: f64, a: f64, b: f64) -> f64:
    return a if c != 0.0 else b

def rule_min(a: f64, b: f64) -> f64:
    return b if b < a else a

def rule_max(a: f64, b: f64) -> f64:
    return b if b > a else a

def rule_above(a: f64, b: f64) -> f64:
    return 1.0 if a > b else 0.0

def rule_reaches(a: f64, b: f64) -> f64:
    return 1.0 if a >= b else 0.0

def rule_equals(a: f64, b: f64) -> f64:
    return 1.0 if a == b else 0.0

def rule_differs(a: f64, b: f64) -> f64:
    return 1.0 if a != b else 0.0

def sign(x: f64) -> f64:
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else x)

def clip(x: f64, low: f64, high: f64) -> f64:
    return rule_min(rule_max(x, low), high)
"""
"""The functions of `neurosim.plasticity.calls`, and those of the language that the compiler does not have."""
_OPERATORS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def vector_functions(layout: RuleLayout) -> Iterator[str]:
    """A function for each atom of one side, which multiplies the parts of a product by it."""
    for a, factor in enumerate(layout.atoms):
        if layout.atom_kinds[a] in (PRE_ATOM, POST_ATOM):
            given = "".join(f", {name}: {kind}" for name, kind in _pointers(layout, [factor]))
            yield f"\ndef atom_{a}(n: i64, part: P[f64]{given}):"
            yield "    for q in range(n):"
            yield f"        part[q] = part[q] * {_text(factor, layout, 'q', 'q')} if part[q] != 0.0 else part[q]"


def vector_call(layout: RuleLayout, a: int, part: str, n: str) -> str:
    """The call of such a function."""
    return f"atom_{a}({n}, {part}{''.join(f', {name}' for name, _ in _pointers(layout, [layout.atoms[a]]))})"


def synapse_text(layout: RuleLayout, a: int) -> str:
    """The value of an atom at the synapse from neuron `i` to neuron `j`."""
    return _text(layout.atoms[a], layout, "i", "j")


def synapse_pointers(layout: RuleLayout) -> list[tuple[str, str]]:
    """What the atoms that are computed per synapse read, and its types."""
    own = [f for f, kind in zip(layout.atoms, layout.atom_kinds, strict=True) if kind not in (PRE_ATOM, POST_ATOM)]
    scaled = any({*layout.synaptic[1:]} & names_in(factor) for factor in own)
    return [*_pointers(layout, own), *([("scale", "P[f64]")] if scaled else [])]


def _pointers(layout: RuleLayout, factors: Sequence[str]) -> list[tuple[str, str]]:
    """Arrays and numbers that some expressions read."""
    read = sorted({layout.places[name] for factor in factors for name in _read(factor)})
    traces = [(f"trace_{r}", "P[f64]") for kind, r in read if kind in (PRE, POST)]
    signals = [part for kind, m in read if kind == SIGNAL for part in ((f"signal_{m}", "P[f64]"), (f"wide_{m}", "i64"))]
    return [*traces, *signals]


def _read(factor: str) -> set[str]:
    """Names of what an expression reads; a trace may be read with its spikes, without them, or both."""
    earlier = read_before(factor)
    direct = {node.id for node in _outside(tree_of(factor)) if isinstance(node, ast.Name)} & names_in(factor)
    return direct | {before_of(name) for name in earlier}


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """All parts that are not inside ``before(...)``."""
    if not is_before(node):
        yield node
        for part in ast.iter_child_nodes(node):
            yield from _outside(part)


def before_of(trace: str) -> str:
    """Name of a trace as it was before the spikes of the step."""
    return f"before({trace})"


def _text(factor: str, layout: RuleLayout, i: str, j: str) -> str:
    """An expression for pre neuron `i` and post neuron `j`."""
    indices = {PRE: i, POST: j}
    names = {}
    for name in _read(factor):
        kind, k = layout.places[name]
        if kind == SYNAPSE:
            names[name] = _stored(layout, k)
        else:
            names[name] = f"signal_{k}[{j} * wide_{k}]" if kind == SIGNAL else f"trace_{k}[{indices[kind]}]"
    return _Writer(names).text(Calls().visit(deepcopy(tree_of(factor))))


def _stored(layout: RuleLayout, v: int) -> str:
    """A variable or a constant of a synapse as the rule means it: variables other than w are stored without their scale."""
    own = f"old_{layout.arrays[v]}"
    return f"({own} * scale[{v - 1}])" if 0 < v < len(layout.synaptic) else own


class _Writer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self._names[node.id]
        if isinstance(node, ast.Constant):
            return repr(float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp):
            return f"(-{self.text(node.operand)})" if isinstance(node.op, ast.USub) else self.text(node.operand)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        assert isinstance(node, ast.Call)
        return self._names[before_of(node.args[0].id)] if is_before(node) else self._call(node)  # type: ignore[attr-defined]

    def _binary(self, node: ast.BinOp) -> str:
        left, right = self.text(node.left), self.text(node.right)
        if isinstance(node.op, ast.Pow):
            return f"pow({left}, {right})"
        return f"({left} {_OPERATORS[type(node.op)]} {right})"

    def _call(self, node: ast.Call) -> str:
        return f"{ast.unparse(node.func)}({', '.join(map(self.text, node.args))})"
