"""Definition of a study: a question, a function that measures one trial, and the points to measure."""

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
    """A number that a trial returns: its unit ("1" for none) and its meaning.

    Parameters
    ----------
    unit : str
        Unit of the number; "1" for none.
    meaning : str
        What the number says, for tables and figures.
    """

    unit: str
    meaning: str
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True)
class Timing(Measure):
    """A measure that depends on the machine, such as seconds; it differs in each run, so `reproduce` does not compare it.

    Parameters
    ----------
    unit : str
        Unit of the number.
    meaning : str
        What the number says.
    """

    repeatable: ClassVar[bool] = False


@dataclass(frozen=True)
class Size(AskedFor):
    """A smaller version of a study: other parameters or seeds; those that are None stay as in the study.

    Parameters
    ----------
    parameters : Grid, Random or Search, optional
        Points of this size.
    seeds : int or sequence of int, optional
        Number of seeds, or the seeds.
    """

    parameters: Plan | None = None
    seeds: int | Sequence[int] | None = None


@dataclass(frozen=True)
class Study(AskedFor):
    """A question that simulations answer; each file below ``experiments/`` ends with ``STUDY = Study(...)``.

    Attributes
    ----------
    name : str
        Name of the study, and of its folder of results.
    question : str
        Question in one sentence.
    trial : function
        Function ``trial(t: Trial) -> {measure: number}``, defined at the top level of the file.
    parameters : Grid, Random or Search
        Points of the parameter space to measure.
    measures : mapping
        Name -> `Measure`.
    seeds : int or sequence of int
        Number of seeds (0, 1, ...), or the seeds themselves.
    figure : function, optional
        Function ``figure(table: Table) -> matplotlib Figure`` that draws the results.
    answer : function, optional
        Function ``answer(table: Table) -> str`` that returns the result in one sentence.
    expected : str
        Expected result, and its source.
    check : function, optional
        Function ``check(table: Table)`` that raises an exception with the reason if the result is not as expected.
    ci : Size
        Smaller version of the study, for tests.
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
            raise UsageError(
                f"Study {self.name!r}: the parameter {both[0]!r} has the name of a measure or of another column; rename it."
            )
        for name in ("figure", "answer", "check"):
            if not (getattr(self, name) is None or callable(getattr(self, name))):
                raise UsageError(f"Study {self.name!r}: {name} = {shown(getattr(self, name))}; expected a function, or None.")
        _seeds(self.name, self.seeds)

    def design(self, size: str = FULL, settings: Mapping[str, Sequence[Any]] | None = None) -> Design:
        """Points and seeds of a size of the study, with some parameters set by the caller.

        Parameters
        ----------
        size : str
            "full" or "ci".
        settings : mapping, optional
            Parameter -> values that replace those of the plan.

        Raises
        ------
        UsageError
            If the size or a parameter is not known.
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
    """Points and seeds of a study; every point is measured with every seed."""

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
        raise UsageError(f"Study {name!r}: seeds = {shown(seeds)}: expected at most {_MOST_SEEDS} seeds.")
    found = tuple(int(s) for s in (seeds if isinstance(seeds, Sequence | np.ndarray) else range(seeds)))
    if not found or len(set(found)) < len(found) or min(found) < 0:
        raise UsageError(f"Study {name!r}: seeds = {seeds!r}: expected a count, or different numbers from 0 up.")
    return found
