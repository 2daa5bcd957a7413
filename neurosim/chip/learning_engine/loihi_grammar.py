"""The grammar of Loihi's learning rules in lava-nc 0.10.0, without the forms that its parser misreads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.program.engine_rule import VARIABLES, X_TRACES, Y_TRACES

_FACTORS = (*X_TRACES, *Y_TRACES, *VARIABLES.values())
_GATE = re.compile(r"x0|y0|u\d+", re.ASCII)
_LITERAL = re.compile(r"(\d+)(?:\*2\^([+-]?\d+))?|2\^([+-]?\d+)", re.ASCII)
_TOKEN = re.compile(r"\d+\*2\^[+-]?\d+|2\^[+-]?\d+|\d+|[A-Za-z_]\w*|.", re.ASCII)
_LONGEST, _DIGITS, _WIDEST = 1000, 6, 30
_MANTISSAS, _EXPONENTS = (-8, 7), (-7, 8)
_NAME, _INTEGER = "|".join(_FACTORS), r"\d+\*2\^[+-]?\d+|2\^[+-]?\d+|\d+"
_BRACKET = re.compile(
    rf"(?P<sign1>[+-]?)(?P<first>{_NAME})(?:(?P<sign2>[+-])(?P<number1>{_INTEGER}))?"
    rf"|(?P<sign3>[+-]?)(?P<number2>{_INTEGER})(?P<sign4>[+-])(?P<second>{_NAME})",
    re.ASCII,
)
_REASONS = {
    "/": "Lava's rules have no division; multiply by 2^-n",
    ".": "Lava's rules have no fractions; write an integer times 2^-n",
    "^": "only 2 can be raised to a power; write a square as a product",
    "sgn": "the sign of a variable is not supported here; use the variable itself",
    "u": "u needs exactly one digit: u0 opens at every epoch, u3 at every eighth",
    "C": "constants are written as integers",
}


@dataclass(frozen=True)
class Parsed:
    """A parsed product: its gate, its constant as (mantissa, exponent), and its factors with the constants added to them."""

    gate: str
    literal: tuple[int, int]
    factors: tuple[tuple[str, int], ...]


def parsed_products(target: str, text: str) -> Iterator[Parsed]:
    """The products of a string for `target`.

    Raises
    ------
    NetworkError
        If the text is not a sum of products, or if Lava reads it differently.
    """
    given: Any = text
    who = f"from_loihi: d{target} = {shown(text)}"
    if not isinstance(given, str):
        raise NetworkError(f"{who}; expected a text such as '2^-4*y0*x1'.")
    if len(text) > _LONGEST:
        raise NetworkError(f"from_loihi: d{target} has {len(text)} characters; expected at most {_LONGEST}.")
    stripped = "".join(text.split())
    if not stripped:
        raise NetworkError(f"{who}: the text is empty; leave it out, or write a sum of products such as 2^-4*y0*x1.")
    for sign, product in _split_sum(who, stripped):
        yield _parse(f"{who}: the product {product!r}", sign, product)


def _split_sum(who: str, text: str) -> Iterator[tuple[int, str]]:
    """(sign, product) of each term; signs inside brackets and exponents remain in the product."""
    depth, start, sign, previous = 0, 0, 1, ""
    for at, char in enumerate(f"{text}+"):
        depth += (char == "(") - (char == ")")
        if depth < 0 or (depth > 0 and at == len(text)):
            raise NetworkError(f"{who}: brackets do not match.")
        if char in "+-" and depth == 0 and previous != "^":
            if previous == "*":
                raise NetworkError(f"{who}: a sign follows '*'; Lava begins a new product there. Put it before the product.")
            if at > start:
                yield sign, text[start:at]
            elif at > 0 or at == len(text):
                raise NetworkError(f"{who}: two signs in a row, or a sign at the end; expected a product after each sign.")
            start, sign = at + 1, -1 if char == "-" else 1
        previous = char


def _parse(who: str, sign: int, product: str) -> Parsed:
    mantissa, exponent, gates, factors = sign, 0, [], []
    for part in _split_product(who, product):
        if part.startswith("("):
            flip, factor = _bracket(who, part)
            mantissa *= flip
            factors.append(factor)
        elif _GATE.fullmatch(part):
            gates.append(part)
        elif literal := _LITERAL.fullmatch(part):
            m, e = _number(who, literal)
            mantissa, exponent = mantissa * m, exponent + e
        elif part in _FACTORS:
            factors.append((part, 0))
        else:
            _refuse(who, part)
    return Parsed(_one_gate(who, gates), _in_range(who, mantissa, exponent), tuple(factors))


def _split_product(who: str, product: str) -> list[str]:
    """The parts of a product between '*' signs; ``3*2^-4`` remains one part."""
    pieces = re.findall(r"\([^()]*\)|[^()]+", product)
    if "".join(pieces) != product:
        raise NetworkError(f"{who}: brackets inside brackets, which Lava drops silently. Write the product without them.")
    parts: list[str] = []
    for piece in pieces:
        parts += [piece] if piece.startswith("(") else _TOKEN.findall(piece)
    if "sgn" in parts:
        _refuse(who, "sgn")
    wanted_star = False
    out = []
    for part in parts:
        if wanted_star != (part == "*"):
            _misplaced(who, part)
        if part != "*":
            out.append(part)
        wanted_star = not wanted_star
    if not wanted_star:
        _misplaced(who, "*")
    return out


def _misplaced(who: str, part: str) -> NoReturn:
    if part in "/^.":
        _refuse(who, part)
    raise NetworkError(f"{who}: {part!r} is misplaced; expected factors with one '*' between two of them.")


def _number(who: str, literal: re.Match[str]) -> tuple[int, int]:
    whole, power, alone = literal.groups()
    if any(len(part or "") > _DIGITS for part in (whole, power, alone)):
        raise NetworkError(f"{who}: {literal[0]} has a number of more than {_DIGITS} digits; use a smaller constant.")
    return (1, int(alone)) if whole is None else (int(whole), int(power or 0))


def _refuse(who: str, part: str) -> NoReturn:
    reason = _REASONS.get(part) or unknown_name("factor", part, ("x0", "y0", "u0", *_FACTORS))
    raise NetworkError(f"{who}: {part!r}: {reason}.")


def _one_gate(who: str, gates: list[str]) -> str:
    if len(gates) != 1:
        found = " and ".join(gates) or "none"
        raise NetworkError(
            f"{who}: expected exactly one of x0, y0 and u0..u9, found {found}. Lava cannot run a product without one, and runs "
            "a product with two only in integers. Write one of them in each product."
        )
    gate = gates[0]
    if gate.startswith("u") and len(gate) != 2:
        raise NetworkError(f"{who}: {gate!r}: Lava reads it as {gate[:2]}*{gate[2:]}; u needs exactly one digit, u0 to u9.")
    return gate


def _bracket(who: str, part: str) -> tuple[int, tuple[str, int]]:
    """Sign and factor of a bracket ``(variable + constant)``, in either order."""
    inner = part[1:-1]
    matched = _BRACKET.fullmatch(inner)
    if matched is None:
        _refuse_bracket(who, part)
    signs = {"": 1, "+": 1, "-": -1}
    name = matched["first"] or matched["second"]
    flip = signs[matched["sign1"] or matched["sign4"] or ""]
    number, sign = matched["number1"] or matched["number2"], signs[matched["sign2"] or matched["sign3"] or ""]
    if number is None and flip < 0:
        raise NetworkError(f"{who}: {part}: Lava ignores this sign. Put it before the product.")
    if number is None:
        return flip, (name, 0)
    literal = _LITERAL.fullmatch(number)
    assert literal is not None
    m, e = _number(who, literal)
    if e > _WIDEST:
        raise NetworkError(f"{who}: {part}: the constant {number} does not fit into the chip's 32 bits.")
    if e < 0:
        raise NetworkError(f"{who}: {part}: the constant {number} is not an integer; the chip adds only whole numbers.")
    return flip, (name, flip * sign * m * 2**e)


def _refuse_bracket(who: str, part: str) -> NoReturn:
    inner = part[1:-1]
    names = [name for name in re.findall(r"[A-Za-z_]\w*", inner)]
    if "*" in re.sub(r"\d+\*2\^", "", inner):
        hint = f"a product in brackets, which Lava reads as {part.replace('*', '+')}. Write the factors without brackets"
    elif any(_GATE.fullmatch(name) for name in names):
        hint = "a gate in brackets; write it as a separate factor"
    elif len(names) > 1:
        hint = "a sum of two variables in brackets; write two products"
    elif not names:
        hint = "a number in brackets; write it without brackets"
    else:
        hint = "expected a variable and a whole number, such as (w-255); Lava ignores everything after these"
    raise NetworkError(f"{who}: {part}: {hint}.")


def _in_range(who: str, mantissa: int, exponent: int) -> tuple[int, int]:
    """Mantissa and exponent as Lava stores them, after it has halved even mantissas."""
    m, e = mantissa, exponent
    while abs(m) > _MANTISSAS[1] and m % 2 == 0 and e < _EXPONENTS[1]:
        m, e = m // 2, e + 1
    if not (_MANTISSAS[0] <= m <= _MANTISSAS[1] and _EXPONENTS[0] <= e <= _EXPONENTS[1]):
        raise NetworkError(
            f"{who}: its constant is {mantissa} * 2^{exponent}; expected a whole number from {_MANTISSAS[0]} to "
            f"{_MANTISSAS[1]} times 2^{_EXPONENTS[0]} to 2^{_EXPONENTS[1]}. Split the product in two, or change the impulses."
        )
    return m, e
