"""Updates of a rule, written as text: parsed once, checked for locality, and expanded to products."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, UnsupportedError, shown, unknown_name
from neurosim.plasticity.grammar import BINARY, check_language, extent, parsed
from neurosim.plasticity.names import FUNCTIONS
from neurosim.plasticity.products import SYNAPTIC, Gate, Product


@dataclass(frozen=True)
class Update:
    """Update ``target += text``, applied when the gate opens.

    `numbers` are the parameters of the rule, and `variables` the names of its synaptic variables.
    """

    rule: str
    gate: Gate
    target: str
    text: str
    numbers: Mapping[str, float] = field(repr=False, default_factory=dict)
    variables: tuple[str, ...] = field(repr=False, default=SYNAPTIC)

    @cached_property
    def tree(self) -> ast.expr:
        """Syntax tree of the text, as Python parses it."""
        return ast.parse(self.text, mode="eval").body

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors in the text: traces, modulators and synaptic variables."""
        nodes = ast.walk(self.tree)
        return tuple(sorted({n.id for n in nodes if isinstance(n, ast.Name)} - {*self.numbers, *FUNCTIONS}))

    def products(self) -> Iterator[Product]:
        """Expand the update to a sum of products.

        Raises
        ------
        UnsupportedError
            If a term is not a polynomial; the message names the term.
        """
        import sympy

        symbols = [sympy.Symbol(name) for name in self.names]
        expression = sympy.expand(_Algebra(self.numbers).of(self.tree))
        for term in sympy.Add.make_args(expression):
            try:
                monomials = sympy.Poly(term, *symbols).terms() if symbols else [((), term)]
                parts = [(powers, float(number)) for powers, number in monomials]
            except (sympy.PolynomialError, TypeError):
                shown = sympy.N(term, 6)
                raise UnsupportedError(
                    f"Rule {self.rule!r}, {self.gate} of {self.target}: the term {shown} is not a product of its factors, "
                    "so only Brian2 can run it. Write it as a polynomial, or approximate it by a polynomial over the range of "
                    "its factors."
                ) from None
            yield from self._products(parts)

    def _products(self, parts: list[tuple[tuple[int, ...], float]]) -> Iterator[Product]:
        for powers, number in parts:
            if not np.isfinite(number):
                who = f"Rule {self.rule!r}, {self.gate} of {self.target}"
                raise NetworkError(f"{who}: {self.text!r} has a constant of {number}; expected finite constants.")
            if number:
                names = [name for name, power in zip(self.names, powers, strict=True) for _ in range(power)]
                yield Product(self.gate, self.target, number, tuple(names))


class _Algebra:
    """Conversion of the tree to an expression of sympy.

    sympy's own parser is not used, because it would evaluate the text, and read E, I, N and S as constants of its own.
    """

    def __init__(self, numbers: Mapping[str, float]) -> None:
        self._numbers = numbers

    def of(self, node: ast.expr) -> Any:
        import sympy

        if isinstance(node, ast.Name):
            return _exact(self._numbers[node.id]) if node.id in self._numbers else sympy.Symbol(node.id)
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int | float)
            return sympy.Integer(node.value) if isinstance(node.value, int) else sympy.Float(repr(node.value))
        if isinstance(node, ast.Call):
            return sympy.Function(ast.unparse(node.func))(*map(self.of, node.args))
        if isinstance(node, ast.UnaryOp):
            inner = self.of(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        assert isinstance(node, ast.BinOp)
        return BINARY[type(node.op)](self.of(node.left), self.of(node.right))


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
) -> Update:
    """Make an update after checking every part of it.

    Raises
    ------
    NetworkError
        If the target is not a synaptic variable, the text is not an expression, a factor is not local, or a constant is not
        finite.
    """
    who = f"Rule {rule!r}, {gate} of {shown(target)}"
    if target not in variables:
        raise NetworkError(f"{who}: " + unknown_name("synaptic variable", str(target)[:100], variables))
    kept, tree = parsed(text, who)
    check_language(tree, who, kept, {*readable, *parameters})
    extent(tree, parameters, who)
    return Update(rule, gate, target, kept, dict(parameters), variables)
