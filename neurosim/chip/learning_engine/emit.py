"""Conversion of terms in the chosen units to products of the learning engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from neurosim.chip.learning_engine.constants import Literals
from neurosim.chip.learning_engine.scales import chip_coefficient, takes_spare
from neurosim.chip.learning_engine.slots import Slots
from neurosim.chip.learning_engine.terms import Term, as_written
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.program.engine_rule import GATES, SYNAPTIC_MAX, TRACE_BITS, TRACE_MAX, WIDTH, ChipProduct, hidden_shift

_WRONG = 0.34
"""Relative error above which a constant is refused; it is reached below three quarters of the smallest constant."""
_INT32 = 2.0**31

ChipFactors = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Placement:
    """Places and units of the variables of the rule `who`; `gain` is the number of program units per described weight unit."""

    who: str
    scales: Mapping[str, float]
    slots: Slots
    available: Literals
    gain: float = 1.0

    def products(self, term: Term) -> Iterator[ChipProduct]:
        """The term as products: two where one constant is not close enough, and one per sign of a third factor.

        Raises
        ------
        QuantisationError
            If its constant is outside the engine's range.
        UnsupportedError
            If the product of its factors can exceed 32 bits.
        """
        wanted = float(chip_coefficient(term, {name: np.asarray(s) for name, s in self.scales.items()}))
        size = abs(wanted)
        bits = sum(WIDTH[self.slots.names[name]] for name, _ in term.factors)
        tail: ChipFactors = ()
        if self.slots.spare and takes_spare(term, size, self.available):
            tail, bits = ((self.slots.spare, 1),), bits + TRACE_BITS
        literal = size * 2.0 ** hidden_shift(bits)
        if float(self.available.error(np.asarray(literal))) > _WRONG:
            raise QuantisationError(self._out_of_range(term, literal))
        pairs = self.available.fit(float(np.sign(wanted)) * literal)
        names = self.slots.names
        for sign, factors in self._signs(term):
            for mantissa, exponent in pairs:
                self._check_overflow(term, factors, mantissa)
                yield ChipProduct(names[term.target], GATES[term.gate.kind], sign * mantissa, exponent, factors + tail)

    def _signs(self, term: Term) -> Iterator[tuple[int, ChipFactors]]:
        """Sign and factors of each product, with those for the negative part of a third factor and the spikes of this step."""
        names = self.slots.names
        now = {names[n]: self.slots.now[n] for n, _ in term.factors if n in self.slots.now}
        own = tuple((names[n], round(c * self.scales[n])) for n, c in term.factors)
        yield from _without(1, own, now)
        swap = {names[n]: self.slots.negative[n] for n, _ in term.factors if n in self.slots.negative}
        if swap:
            sign = -1 if sum(slot in swap for slot, _ in own) % 2 else 1
            yield from _without(sign, tuple((swap.get(slot, slot), constant) for slot, constant in own), now)

    def _out_of_range(self, term: Term, literal: float) -> str:
        largest, smallest = float(self.available.values[-1]), self.available.smallest
        term = as_written(term, self.gain)
        if literal > largest:
            text = "a smaller learning rate, or smaller peaks"
            edge = f"the largest is {term.coefficient * largest / literal:.3g}"
        else:
            text = "a larger learning rate, smaller bounds of w, larger peaks of traces and tags, or a shorter time constant"
            edge = f"the smallest is {term.coefficient * smallest / literal:.3g}"
        wanted = f"the constant {term.coefficient:.3g} is outside the range of the chip; {edge}"
        return f"Rule {self.who!r}, {term}: {wanted}. Use {text}."

    def _check_overflow(self, term: Term, factors: ChipFactors, mantissa: int) -> None:
        largest = float(abs(mantissa))
        for name, constant in factors:
            low, top = (0, TRACE_MAX) if WIDTH[name] == TRACE_BITS else (-SYNAPTIC_MAX - 1, SYNAPTIC_MAX)
            largest *= max(abs(low + constant), abs(top + constant))
        if largest >= _INT32:
            raise UnsupportedError(
                f"Rule {self.who!r}, {as_written(term, self.gain)}: the product of its factors can reach {largest:.2g}, but a "
                "chip multiplies in 32 bits. Use fewer factors."
            )


def _without(sign: int, factors: ChipFactors, now: Mapping[str, str]) -> Iterator[tuple[int, ChipFactors]]:
    """The product with (x1 - x2) in place of x1, multiplied out, for all pairs in `now`."""
    choices = [((slot, 1), (now[slot], -1)) if slot in now else ((slot, 1),) for slot, _ in factors]
    for chosen in product(*choices):
        own = tuple((slot, constant) for (slot, _), (_, constant) in zip(chosen, factors, strict=True))
        yield sign * int(np.prod([s for _, s in chosen])), own
