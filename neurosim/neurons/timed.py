"""Parameters of neurons that change in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError, shown
from neurosim.units import FloatArray, as_quantity, joined, si, unit_of


@dataclass(frozen=True, repr=False)
class Timed(Described):
    """Values of a parameter that change in time: row k applies from ``k * every`` to ``(k + 1) * every``.

    Time starts at zero in each sample. The rows have to cover the run; a longer run raises an error.

    Parameters
    ----------
    values : quantity (rows,) or (rows, n)
        Rows of values: one value for all neurons, or one per neuron.
    every : time
        Duration of a row; a whole number of steps.

    Raises
    ------
    NetworkError, UnitError
        If the values are not finite numbers of this shape, or `every` is not a positive time.
    """

    in_words: ClassVar[str] = "Timed([0, 1, ...], every=...)"

    values: Any
    every: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", joined(self.values, "Timed.values"))
        rows = si(self.values, unit_of(self.values), "Timed.values")
        if rows.ndim not in (1, 2) or not rows.size or not np.all(np.isfinite(rows)):
            raise NetworkError(
                f"Timed.values = {shown(self.values)}; expected finite values of shape (rows,), or (rows, n) for n neurons."
            )
        every = si(self.every, "second", "Timed.every")
        if every.ndim or not (np.isfinite(every) and every > 0):
            raise NetworkError(f"Timed.every = {shown(self.every)}; expected one positive time such as 1*ms.")

    def __repr__(self) -> str:
        return f"Timed(an array of shape {np.shape(self.values)} in {unit_of(self.values)}, every={shown(self.every)})"

    @property
    def dim(self) -> Any:
        """Dimension of the values, like that of a quantity; None for plain numbers."""
        return getattr(self.values, "dim", None)

    @property
    def period(self) -> float:
        """Duration of a row in seconds."""
        return float(si(self.every, "second", "Timed.every"))

    def rows(self, unit: str, who: str) -> FloatArray:
        """SI values, shape (rows,) or (rows, n); a UnitError names `who` if they are not in `unit`."""
        return si(self.values, unit, who)

    def plus(self, constant: Any, unit: str, who: str) -> Timed:
        """The same values with a constant added to each row: one for all neurons, or one per neuron."""
        rows, more = self.rows(unit, who), si(constant, unit, who)
        if more.ndim and rows.ndim == 1:
            rows = rows[:, None]
        return Timed(as_quantity(rows + more, unit), self.every)

    def check_size(self, n: int, who: str) -> None:
        """Raise NetworkError unless the values are for all neurons, or one per neuron for `n` neurons."""
        shape = np.shape(self.values)
        if len(shape) == 2 and shape[1] != n:
            raise NetworkError(f"{who} has values of shape {shape}; expected (rows,), or (rows, {n}) for {n} neurons.")
