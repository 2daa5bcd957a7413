"""The kernel of a population in the integers of a chip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from neurosim.backends.emulator.arithmetic import ACCUMULATOR_HALF, ALIGN, HALF
from neurosim.backends.emulator.overflow import ACCUMULATOR, SUMS, WRAPS
from neurosim.backends.emulator.update_terms import OPERATORS, names_read
from neurosim.backends.emulator.update_writer import Writer
from neurosim.chip.bounds import SUM_LIMIT, current_limit
from neurosim.program.widths import Widths
from neurosim.step_language.kinds import LEVEL
from neurosim.step_language.terms import Assignment, Term


def wrapped_source(widths: Widths) -> str:
    """Lava's wrap of u: strictly above 2^23, at or below -2^23, one turn only, and the second from the number before the first.

    With states of n bits, at 2^(n - 1).
    """
    half, turn = widths.half, 2 * widths.half
    return f"""
def _wrapped(x: i32) -> i32:
    over = x - {turn} if x > {half} else x
    return x + {turn} if over <= -{half} else over
"""


class Integers(Writer):
    """In the integers of a chip, as lava-nc computes them."""

    _integers = True

    def _arrived(self, kind: str, text: str) -> str:
        return f"{text} * {self._widths.align}" if kind == "input" else text

    def _saturate(self, term: Term) -> str:
        return f"min(max({self._summed(term.parts[0])}, -{self._top}), {self._top})"

    def _summed(self, term: Term) -> str:
        return self._text(term)

    def _wrap(self, term: Term) -> str:
        number = self._text(term.parts[0])
        return f"_wrapped({number})" if self._widths.wraps else f"min(max({number}, -{self._top}), {self._top})"

    def _wraps(self, assignment: Assignment) -> Iterator[str]:
        yield f"_exact = {self._exact(assignment.value.parts[0])}"
        yield f"_count{SUMS} += i64(_exact >= {SUM_LIMIT!r} or _exact < -{SUM_LIMIT!r})"
        high, low = float(current_limit(self._widths)), float(-self._top)
        lowest = f"_exact <= {low - 1!r}" if self._widths.wraps else f"_exact < {low!r}"
        yield f"_count{self._counts[assignment.name]} += i64(_exact > {high!r} or {lowest})"

    def _exact(self, term: Term) -> str:
        """A sum without the limits of 32 bits."""
        if term.op in ("add", "sub"):
            return f"({self._exact(term.parts[0])} {OPERATORS[term.op]} {self._exact(term.parts[1])})"
        if term.op == "name" and term.parts[0] in self._of.input_kinds:
            return f"_exact_{term.parts[0]}"
        return f"f64({self._text(term)})"


class FirstChip(Integers):
    """In the integers of the first chip: the dendritic accumulator, u, and what is added to a decayed v wrap by true modulo."""

    def _arrived(self, kind: str, text: str) -> str:
        return _turned(f"{text} * {int(ALIGN)}", ACCUMULATOR_HALF) if kind == "input" else text

    def _wrap(self, term: Term) -> str:
        return _turned(self._text(term.parts[0]), HALF)

    def _summed(self, term: Term) -> str:
        kept, added = _parts(term)
        if not kept or not added:
            return self._text(term)
        return f"{' + '.join(self._text(t) for t in kept)} + {_turned(' + '.join(self._text(t) for t in added), HALF)}"

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        for a in assignments:
            kept, added = _parts(a.value.parts[0]) if a.value.op == "saturate" else ([], [])
            if a.name in self._counts and kept and len(added) > 1:
                yield f"_exact = {' + '.join(f'f64({self._text(t)})' for t in added)}"
                yield f"_count{WRAPS} += i64(_exact >= {HALF!r} or _exact < -{HALF!r})"
            yield from super()._statements([a])

    def _wraps(self, assignment: Assignment) -> Iterator[str]:
        for name in sorted(names_read(assignment.value) & set(self._of.input_kinds)):
            half = ACCUMULATOR_HALF
            yield f"_count{ACCUMULATOR} += i64(_exact_{name} >= {half!r} or _exact_{name} < -{half!r})"
        yield f"_exact = f64({self._text(assignment.value.parts[0])})"
        yield f"_count{self._counts[assignment.name]} += i64(_exact >= {HALF!r} or _exact < -{HALF!r})"


class Unlimited(Integers):
    """In integers whose states have 32 bits, which nothing limits to fewer."""

    def _saturate(self, term: Term) -> str:
        return self._text(term.parts[0])

    _wrap = _saturate

    def _product(self, term: Term) -> str:
        left, right, rounding, _ = term.parts
        if term.type != LEVEL:
            return super()._product(term)
        exact = f"f64({self._text(left)}) * f64({self._text(right)})"
        whole = exact if rounding == "toward zero" else f"floor({exact})"
        return f"i32(i64({whole}))"


def _turned(text: str, half: float) -> str:
    """Two's complement with the sign bit at `half`."""
    return f"((({text}) + {int(half)} & {2 * int(half) - 1}) - {int(half)})"


def _parts(term: Term) -> tuple[list[Term], list[Term]]:
    """What is kept of a state, and what is added to it, in a sum."""
    if term.op == "add":
        (a, b), (c, d) = _parts(term.parts[0]), _parts(term.parts[1])
        return a + c, b + d
    return ([term], []) if _decays(term) else ([], [term])


def _decays(term: Any) -> bool:
    """Whether a term holds a decayed state."""
    return isinstance(term, Term) and (term.op == "kept" or any(_decays(part) for part in term.parts))
