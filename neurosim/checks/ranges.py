"""Types of numbers with a range, for the fields of described objects and the arguments of checked functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Within:
    """A range of numbers, as a note in a type.

    Attributes
    ----------
    low, high : float
        The smallest and the largest number.
    above : bool
        Whether numbers have to be larger than `low`.
    below : bool
        Whether numbers have to be smaller than `high`.
    kind : str
        What a number is called in a message.
    """

    low: float = 0
    high: float = math.inf
    above: bool = False
    below: bool = False
    kind: str = "number"

    def holds(self, value: Any) -> bool:
        """Whether a number lies in the range."""
        too_low = value <= self.low if self.above else value < self.low
        too_high = value >= self.high if self.below else value > self.high
        return not (too_low or too_high)

    @property
    def in_words(self) -> str:
        """The range in words."""
        if math.isinf(self.high):
            return f"a {self.kind} above {self.low:g}" if self.above else f"a {self.kind} of at least {self.low:g}"
        first = "above" if self.above else "from"
        return f"a {self.kind} {first} {self.low:g} {'to below' if self.below else 'to'} {self.high:g}"


NotNegative = Annotated[float, Within(0)]
Positive = Annotated[float, Within(0, above=True)]
Share = Annotated[float, Within(0, 1)]
Part = Annotated[float, Within(0, 1, above=True)]
Kept = Annotated[float, Within(0, 1, below=True)]
Count = Annotated[int, Within(1, kind="whole number")]
CountFromZero = Annotated[int, Within(0, kind="whole number")]
