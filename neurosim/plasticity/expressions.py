"""Updates of a rule, written as text: parsed once, checked for locality, and expanded to products."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.plasticity.atoms import is_before, read_before, with_numbers
from neurosim.plasticity.grammar import BINARY, check_language, constant, extent, parsed
from neurosim.plasticity.names import FUNCTIONS
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind, Product


@dataclass(frozen=True)
class Update:
    """Update ``target += text``, applied when the gate opens.

    `numbers` are the parameters of the rule, and `variables` the names of its synaptic variables. `earlier` has the traces of
    spikes, and what such a trace was before the spike that opens the gate, as an expression; "" where no expression gives it.
    """

    rule: str
    gate: Gate
    target: str
    text: str
    numbers: Mapping[str, float] = field(repr=False, default_factory=dict)
    variables: tuple[str, ...] = field(repr=False, default=SYNAPTIC)
    earlier: Mapping[str, str] = field(repr=False, default_factory=dict)

    @cached_property
    def tree(self) -> ast.expr:
        """Syntax tree of the text, as Python parses it."""
        return ast.parse(self.text, mode="eval").body

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors in the text: traces, modulators and synaptic variables."""
        nodes = ast.walk(self.tree)
        return tuple(sorted({n.id for n in nodes if isinstance(n, ast.Name)} - {*self.numbers, *FUNCTIONS}))

    @property
    def read_before(self) -> frozenset[str]:
        """Traces that the text reads from before the spikes of the step."""
        return read_before(self.text)

    def products(self) -> Iterator[Product]:
        """Expand the update to a sum of products; what is not a polynomial is one factor, see `neurosim.plasticity.atoms`."""
        import sympy

        try:
            found = list(self._expanded(_Algebra(self)))
        except (sympy.PolynomialError, TypeError):
            found = list(self._expanded(_WithAtoms(self)))
        yield from (product for parts in found for product in parts)

    def _expanded(self, algebra: _Algebra) -> Iterator[list[Product]]:
        import sympy

        expression = sympy.expand(algebra.of(self.tree))
        names = [*self.names, *algebra.atoms]
        symbols = [sympy.Symbol(name) for name in names]
        for term in sympy.Add.make_args(expression):
            monomials = sympy.Poly(term, *symbols).terms() if symbols else [((), term)]
            yield list(self._products([(powers, float(number)) for powers, number in monomials], names))

    def _products(self, parts: list[tuple[tuple[int, ...], float]], factors: list[str]) -> Iterator[Product]:
        for powers, number in parts:
            if not np.isfinite(number):
                who = f"Rule {self.rule!r}, {self.gate} of {self.target}"
                raise NetworkError(f"{who}: {self.text!r} has a constant of {number}; expected finite constants.")
            if number:
                names = [name for name, power in zip(factors, powers, strict=True) for _ in range(power)]
                yield Product(self.gate, self.target, number, tuple(names))


class _Algebra:
    """Conversion of the tree to an expression of sympy.

    sympy's own parser is not used, because it would evaluate the text, and read E, I, N and S as constants of its own.
    """

    def __init__(self, update: Update) -> None:
        self._update, self._numbers = update, update.numbers
        self.atoms: dict[str, Any] = {}
        """Expressions that are one factor each, and their symbols."""

    def of(self, node: ast.expr) -> Any:
        import sympy

        if isinstance(node, ast.Name):
            return _exact(self._numbers[node.id]) if node.id in self._numbers else sympy.Symbol(node.id)
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int | float)
            return sympy.Integer(node.value) if isinstance(node.value, int) else sympy.Float(repr(node.value))
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            inner = self.of(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        value, earlier = constant(node, self._numbers), self._earlier(node)
        if value is not None:
            return _exact(value)
        return self.of(ast.parse(earlier, mode="eval").body) if earlier else self._atom(node)

    def _earlier(self, node: ast.expr) -> str:
        """What ``before(trace)`` is at this gate, as an expression; "" if none gives it, or if it is something else."""
        return self._update.earlier[node.args[0].id] if is_before(node) else ""  # type: ignore[attr-defined]

    def _binary(self, node: ast.BinOp) -> Any:
        return BINARY[type(node.op)](self.of(node.left), self.of(node.right))

    def _atom(self, node: ast.expr) -> Any:
        import sympy

        raise sympy.PolynomialError(ast.unparse(node))


class _WithAtoms(_Algebra):
    """Conversion in which a part that is no polynomial of its factors becomes one factor."""

    def _binary(self, node: ast.BinOp) -> Any:
        by = constant(node.right, self._numbers)
        if isinstance(node.op, ast.Div) and by is None:
            return self.of(node.left) * self._atom(ast.BinOp(ast.Constant(1.0), ast.Div(), node.right))
        is_root = by is not None and not (by >= 0 and by == int(by))
        if isinstance(node.op, ast.Pow) and is_root and constant(node.left, self._numbers) is None:
            return self._atom(node)
        return super()._binary(node)

    def _atom(self, node: ast.expr) -> Any:
        import sympy

        text = with_numbers(node, self._numbers)
        return self.atoms.setdefault(text, sympy.Symbol(text))


def _exact(value: float) -> Any:
    """Number for sympy; whole numbers stay integers, so that ``x**n`` is a polynomial."""
    import sympy

    return sympy.Integer(int(value)) if value == int(value) else sympy.Float(value, 17)


def checked_update(
    rule: str,
    gate: Gate,
    target: str,
    text: Any,
    readable: Collection[str],
    parameters: Mapping[str, float],
    variables: tuple[str, ...] = SYNAPTIC,
    earlier: Mapping[str, str] | None = None,
) -> Update:
    """Make an update after checking every part of it; see `Update` for `variables` and `earlier`.

    Raises
    ------
    NetworkError
        If the target is not a synaptic variable, the text is not an expression, a factor is not local, a constant is not
        finite, or ``before`` is asked of what has no spikes.
    """
    who = f"Rule {rule!r}, {gate} of {shown(target)}"
    if target not in variables:
        raise NetworkError(f"{who}: " + unknown_name("synaptic variable", str(target)[:100], variables))
    kept, tree = parsed(text, who)
    check_language(tree, who, kept, {*readable, *parameters})
    _check_before(who, tree, {} if gate.kind is GateKind.PHASE else earlier or {})
    extent(tree, parameters, who)
    return Update(rule, gate, target, kept, dict(parameters), variables, dict(earlier or {}))


def _check_before(who: str, tree: ast.expr, traces: Mapping[str, str]) -> None:
    for node in filter(is_before, ast.walk(tree)):
        read = node.args[0]  # type: ignore[attr-defined]
        if not (isinstance(read, ast.Name) and read.id in traces):
            known = ", ".join(traces) or "none here"
            raise NetworkError(f"{who}: {ast.unparse(node)}; expected a trace of spikes in before(...), which are {known}.")
