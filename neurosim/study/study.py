"""What a study is: a question, a function that measures one trial, and where to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurosim.errors import UsageError, shown, unknown_name
from neurosim.study.asked import AskedFor
from neurosim.study.plans import Plan
from neurosim.study.trial import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.study.table import Table

FULL, CI = "full", "ci"
_MOST_SEEDS = 1_000_000


@dataclass(frozen=True)
class Measure(AskedFor):
    """A number that a trial gives: its unit ("1" for none), and what it says."""

    unit: str
    meaning: str
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True)
class Timing(Measure):
    """A measure of the machine, such as seconds: another run gives another number, so `reproduce` does not compare it."""

    repeatable: ClassVar[bool] = False


@dataclass(frozen=True)
class Size(AskedFor):
    """A smaller version of a study; what is left out stays as it is."""

    parameters: Plan | None = None
    seeds: int | Sequence[int] | None = None


@dataclass(frozen=True)
class Study(AskedFor):
    """A question to the simulator; one file under ``experiments/`` ends in ``STUDY = Study(...)``.

    Attributes
    ----------
    name : str
        Of the study, and of its folder of results.
    question : str
        In a sentence.
    trial : function
        ``trial(t: Trial) -> {measure: number}``; at the top level of the file.
    parameters : Grid, Random or Search
        Where to measure.
    measures : mapping
        Name -> `Measure`.
    seeds : int or sequence of int
        How many (0, 1, ...), or which.
    figure : function, optional
        ``figure(table: Table) -> matplotlib Figure``.
    answer : function, optional
        ``answer(table: Table) -> str``: the result in a sentence.
    expected : str
        What should come out, and by whom.
    check : function, optional
        ``check(table: Table)`` raises with a reason if that did not come out.
    ci : Size
        Small enough for a test.
    """

    name: str
    question: str
    trial: Callable[[Trial], Mapping[str, float]]
    parameters: Plan
    measures: Mapping[str, Measure]
    seeds: int | Sequence[int] = 5
    figure: Callable[[Table], Figure] | None = None
    answer: Callable[[Table], str] | None = None
    expected: str = ""
    check: Callable[[Table], None] | None = None
    ci: Size = Size()

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise UsageError(f"Study {self.name!r}: expected a name of letters, digits and _, since it names a folder.")
        for what, said in {"question": self.question, "expected": self.expected}.items():
            if not isinstance(said, str):
                raise UsageError(f"Study {self.name!r}: {what} = {said!r}: expected text.")
        if not self.measures:
            raise UsageError(f"Study {self.name!r}: expected at least one measure.")
        for name, measure in self.measures.items():
            _check_measure(self.name, name, measure)
        for name in self.parameters.names:
            if not isinstance(name, str):
                raise UsageError(f"Study {self.name!r}: a parameter is called {name!r}: expected text.")
        both = sorted({*self.measures, "seed", "seconds"} & set(self.parameters.names))
        if both:
            raise UsageError(f"Study {self.name!r}: {both[0]!r} is a parameter and something else; rename it.")
        for name in ("figure", "answer", "check"):
            if not (getattr(self, name) is None or callable(getattr(self, name))):
                raise UsageError(f"Study {self.name!r}: {name} = {shown(getattr(self, name))}; expected a function, or None.")
        _seeds(self.name, self.seeds)

    def design(self, size: str = FULL, settings: Mapping[str, Sequence[Any]] | None = None) -> Design:
        """The trials of a size, with some parameters set by the caller.

        Raises
        ------
        UsageError
            For an unknown size or parameter.
        """
        sizes = {FULL: Size(), CI: self.ci}
        if size not in sizes:
            raise UsageError("--size: " + unknown_name("size", size, sizes))
        chosen = sizes[size]
        plan = self.parameters if chosen.parameters is None else chosen.parameters
        seeds = self.seeds if chosen.seeds is None else chosen.seeds
        return Design(plan.with_values(settings or {}), _seeds(self.name, seeds))


@dataclass(frozen=True)
class Design:
    """Points and seeds; every point is measured under every seed."""

    plan: Plan
    seeds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.plan) * len(self.seeds)


def _check_measure(study: str, name: Any, measure: Any) -> None:
    good = isinstance(measure, Measure) and all(isinstance(text, str) for text in (name, measure.unit, measure.meaning))
    if not good:
        raise UsageError(f"Study {study!r}: measure {name!r} is {measure!r}: expected Measure(unit, meaning) of two texts.")


def _seeds(name: str, seeds: int | Sequence[int]) -> tuple[int, ...]:
    if not isinstance(seeds, Sequence | np.ndarray) and seeds > _MOST_SEEDS:
        raise UsageError(f"Study {name!r}: seeds = {shown(seeds)}: expected {_MOST_SEEDS} seeds at most.")
    found = tuple(int(s) for s in (seeds if isinstance(seeds, Sequence | np.ndarray) else range(seeds)))
    if not found or len(set(found)) < len(found) or min(found) < 0:
        raise UsageError(f"Study {name!r}: seeds = {seeds!r}: expected a count, or different numbers from 0 up.")
    return found
