"""Terms of the typed step of a neuron as the text of a kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neurosim.step_language.declaration import Declaration
from neurosim.step_language.kinds import FLAG, FRACTION, GRID_BITS, LEVEL, PARAMETERS, STATES
from neurosim.step_language.terms import Term
from neurosim.step_language.typed import fits

OPERATORS: Mapping[str, str] = {"add": "+", "sub": "-", "times": "*", "and": "and", "or": "or"}


def storage(kind: str, integers: bool) -> str:
    """Type of the numbers that a state is kept in."""
    return "i32" if integers or STATES[kind].type in ("whole", FLAG) else "f64"


def parameter_storage(kind: str, integers: bool) -> str:
    """Type of the numbers of a parameter that differs between neurons."""
    whole = PARAMETERS[kind].type == "whole" or (integers and PARAMETERS[kind].type == LEVEL)
    return "i32" if whole else "f64"


def names_read(value: Any) -> set[str]:
    """Names that a term reads."""
    if not isinstance(value, Term):
        return set()
    own = {value.parts[0]} if value.op in ("name", "kept") else set()
    return own.union(*(names_read(part) for part in value.parts)) if value.parts else own


class Terms:
    """Base of what writes a kernel: each kind of term has a method, in float or, if `_integers`, in integers of a chip."""

    _integers = False

    def __init__(self, declaration: Declaration) -> None:
        self._of = declaration

    def _text(self, term: Term) -> str:
        write: Callable[[Term], str] = getattr(self, f"_{term.op}", self._operation)
        return write(term)

    def _operation(self, term: Term) -> str:
        sign = OPERATORS[term.op]
        return f"({self._text(term.parts[0])} {sign} {self._text(term.parts[1])})"

    def _name(self, term: Term) -> str:
        return str(term.parts[0])

    _kept = _name

    def _number(self, term: Term) -> str:
        number = term.parts[0]
        if term.type == FLAG:
            return f"({int(number)} != 0)"
        real = term.type == FRACTION or (not self._integers and term.type != "whole")
        return repr(float(number)) if real else f"({int(number)})"

    def _modulo(self, term: Term) -> str:
        """At least 0 for negative numbers too, as in Python."""
        number, divisor = (self._text(part) for part in term.parts)
        return f"(({number} % {divisor} + {divisor}) % {divisor})"

    def _negative(self, term: Term) -> str:
        return f"(-{self._text(term.parts[0])})"

    def _product(self, term: Term) -> str:
        left, right, rounding, bits = term.parts
        exact = f"f64({self._text(left)}) * f64({self._text(right)})"
        rounded = "floor" if rounding == "down" else "trunc"
        if term.type == LEVEL:
            # The conversion itself rounds toward zero, and one to 32 bits is undefined beyond them.
            whole = exact if rounding == "toward zero" else f"floor({exact})"
            return f"i32({whole})" if fits(term, self._of) else f"i32(i64({whole}))"
        grid = float(1 << (GRID_BITS if bits is None else bits))
        return f"({rounded}({exact} * {grid!r}) * {1 / grid!r})"

    def _compare(self, term: Term) -> str:
        sign, left, right = term.parts
        return f"({self._text(left)} {sign} {self._text(right)})"

    def _not(self, term: Term) -> str:
        return f"(not {self._text(term.parts[0])})"

    def _choice(self, term: Term) -> str:
        test, yes, no = (self._text(t) for t in term.parts)
        if term.type == FLAG:
            return f"(({test} and {yes}) or ((not {test}) and {no}))"
        return f"({yes} if {test} else {no})"

    def _min(self, term: Term) -> str:
        return f"{term.op}({self._text(term.parts[0])}, {self._text(term.parts[1])})"

    _max = _min

    def _abs(self, term: Term) -> str:
        return f"abs({self._text(term.parts[0])})"

    def _exp(self, term: Term) -> str:
        return f"exp({self._text(term.parts[0])})"

    def _sign(self, term: Term) -> str:
        number = self._text(term.parts[0])
        return f"(i32({number} > 0) - i32({number} < 0))"

    def _whole(self, term: Term) -> str:
        return f"i32({self._text(term.parts[0])})"

    def _units(self, term: Term) -> str:
        fraction, bits = term.parts
        return f"i32(floor(f64({self._text(fraction)}) * {float(1 << bits)!r}))"

    def _chance(self, term: Term) -> str:
        bits = term.parts[0]
        return f"(f64(shift_right(draw, {32 - bits})) * {2.0**-bits!r})"

    def _low_bits(self, term: Term) -> str:
        bits, most = term.parts
        return f"shift_right((draw & {(1 << bits) - 1}) * (i32({self._text(most)}) + 1), {bits})"
