"""What a probe of a population keeps of the states of each step."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError, shown
from neurosim.units import si

OVER = ("neurons", "time")
"""What a probe can average over."""


@dataclass(frozen=True)
class Thinning:
    """States that are kept: those of every `every`-th step, or means over these intervals, of all neurons or their mean.

    Attributes
    ----------
    every : int
        Interval in steps.
    over : set of str
        What is averaged over: "neurons", "time".
    """

    every: int = 1
    over: frozenset[str] = frozenset()

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is left out."""
        return self.every == 1 and not self.over


def averages(given: Any, who: str) -> frozenset[str]:
    """What to average over, from one name or several."""
    names = (given,) if isinstance(given, str) else given
    if names is None:
        return frozenset()
    listed = isinstance(names, list | tuple | Set) and names
    if not listed or any(not isinstance(name, str) or name not in OVER for name in names):
        raise NetworkError(f'{who}: average = {shown(given)}; expected "neurons", "time", or both in a list.')
    return frozenset(names)


def thinning(every: Any, average: Any, dt: float, who: str) -> Thinning:
    """The thinning of a probe, with steps of `dt` seconds; a NetworkError names what does not fit."""
    over = averages(average, who)
    if every is None:
        if "time" in over:
            raise NetworkError(f"{who}: average over time needs an interval; give every=10*ms.")
        return Thinning(1, over)
    seconds = si(every, "second", f"{who}: every")
    if seconds.ndim or not 0 < seconds < float("inf"):
        raise NetworkError(f"{who}: every: expected one positive time such as 1*ms, found {shown(every)}.")
    return Thinning(whole_steps(float(seconds), dt, f"{who}: every"), over)
