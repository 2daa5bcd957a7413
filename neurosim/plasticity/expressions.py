"""The strings of a rule: parsed once, checked for locality, expanded to products."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.errors import NetworkError, UnsupportedError, unknown_name
from neurosim.plasticity.products import SYNAPTIC, Gate, Product

FUNCTIONS = ("exp", "log", "sqrt", "abs", "sign", "clip")
"""What an update may call; Brian2 knows them all. A rule that calls one is no polynomial."""

_NODES = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, ast.Constant, ast.Call,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub,
)  # fmt: skip


@dataclass(frozen=True)
class Update:
    """``target += text`` where the gate opens; `numbers` are the rule's parameters."""

    rule: str
    gate: Gate
    target: str
    text: str
    numbers: Mapping[str, float] = field(repr=False, default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Factors that occur: traces, modulators, synaptic variables."""
        tree = ast.walk(ast.parse(self.text, mode="eval"))
        return tuple(sorted({n.id for n in tree if isinstance(n, ast.Name)} - {*self.numbers, *FUNCTIONS}))

    def products(self) -> Iterator[Product]:
        """The update as products.

        Raises
        ------
        UnsupportedError
            If it is no polynomial; names the term.
        """
        import sympy

        symbols = [sympy.Symbol(name) for name in self.names]
        expression = sympy.expand(self._expression())
        for term in sympy.Add.make_args(expression):
            try:
                monomials = sympy.Poly(term, *symbols).terms() if symbols else [((), term)]
                parsed = [(powers, float(number)) for powers, number in monomials]
            except (sympy.PolynomialError, TypeError):
                shown = sympy.N(term, 6)
                raise UnsupportedError(
                    f"Rule {self.rule!r}, {self.gate} of {self.target}: the term {shown} is no product of its factors, so only "
                    "Brian2 can run it. Write it as a polynomial, or approximate it by one over the range of its factors."
                ) from None
            for powers, number in parsed:
                if number:
                    names = [name for name, power in zip(self.names, powers, strict=True) for _ in range(power)]
                    yield Product(self.gate, self.target, number, tuple(names))

    def _expression(self) -> Any:
        import sympy
        from sympy.parsing.sympy_parser import parse_expr

        known: dict[str, Any] = {name: sympy.Symbol(name) for name in self.names}
        known |= {name: _exact(value) for name, value in self.numbers.items()}
        known |= {name: sympy.Function(name) for name in FUNCTIONS}
        return parse_expr(self.text, local_dict=known)


def _exact(value: float) -> Any:
    """Whole numbers stay whole, so that ``x**n`` is a polynomial."""
    import sympy

    return sympy.Integer(int(value)) if value == int(value) else sympy.Float(value, 17)


def checked_update(
    rule: str, gate: Gate, target: str, text: Any, readable: Collection[str], parameters: Mapping[str, float]
) -> Update:
    """The update, after a look at every part of it.

    Raises
    ------
    NetworkError
        If the target is not synaptic, the text is no expression, or a factor is not local.
    """
    who = f"Rule {rule!r}, {gate} of {target!r}"
    if target not in SYNAPTIC:
        raise NetworkError(f"{who}: " + unknown_name("synaptic variable", target, SYNAPTIC))
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, TypeError, ValueError) as error:
        reason = getattr(error, "msg", str(error))
        raise NetworkError(f"{who}: {text!r} is no expression ({reason}).") from None
    local = {*readable, *parameters}
    for node in ast.walk(tree):
        _check_node(who, text, node, local)
    return Update(rule, gate, target, text, dict(parameters))


def _check_node(who: str, text: str, node: ast.AST, local: Collection[str]) -> None:
    if isinstance(node, ast.Name) and node.id not in local and node.id not in FUNCTIONS:
        raise NetworkError(f"{who}: the factor {node.id!r} is not local. " + unknown_name("factor", node.id, local))
    if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        raise NetworkError(f"{who}: {ast.unparse(node)} is no known function; expected one of {', '.join(FUNCTIONS)}.")
    if isinstance(node, ast.Constant) and not (isinstance(node.value, int | float) and not isinstance(node.value, bool)):
        raise NetworkError(f"{who}: {node.value!r} is no number.")
    if not isinstance(node, _NODES):
        raise NetworkError(f"{who}: {text!r} is no sum of products ({type(node).__name__} is not understood).")
