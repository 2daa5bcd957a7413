"""Plan that searches for the best point with optuna (extra `search`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from neurosim.errors import UsageError
from neurosim.study.asked import AskedFor, check_at_least
from neurosim.study.plans import Score, check_names
from neurosim.study.ranges import Choice, Drawable
from neurosim.study.values import Point, plain


@dataclass(frozen=True)
class Search(AskedFor):
    """Plan whose points are chosen by optuna's TPE sampler from the results of earlier points.

    Parameters
    ----------
    ranges : mapping
        Parameter -> `Range`, `LogRange`, `Integers` or `Choice`.
    n : int
        Number of points.
    measure : str
        Measure whose mean over the seeds is optimised.
    direction : str
        "maximize" or "minimize".
    batch : int
        Number of points in a round, which are measured at the same time. It is part of the study, not of the call, so that
        the points are the same for any number of jobs.
    seed : int
        Seed of the sampler.
    """

    ranges: Mapping[str, Drawable]
    n: int
    measure: str
    direction: Literal["maximize", "minimize"] = "maximize"
    batch: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        check_at_least(self, n=1, batch=1, seed=0)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.ranges)

    def __len__(self) -> int:
        return self.n

    def rounds(self, score: Score) -> Iterator[Sequence[Point]]:
        # The state of optuna is not stored: with the same seed and the stored scores it suggests the same points again.
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction=self.direction, sampler=optuna.samplers.TPESampler(seed=self.seed))
        for start in range(0, self.n, self.batch):
            trials = [study.ask() for _ in range(min(self.batch, self.n - start))]
            points = [{name: plain(r.suggest(t, name), name) for name, r in self.ranges.items()} for t in trials]
            yield points
            for trial, point in zip(trials, points, strict=True):
                found = score(point, self.measure)
                failed = {"state": optuna.trial.TrialState.FAIL}
                study.tell(trial, found, **(failed if found is None else {}))

    def with_values(self, values: Mapping[str, Sequence[Any]]) -> Search:
        check_names(self, values)
        return replace(self, ranges={**self.ranges, **{name: Choice(v) for name, v in values.items()}})


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise UsageError("A Search needs optuna: pip install 'neurosim[search]', or use Grid or Random.") from None
    return optuna
