"""What travels between the process that keeps the results and the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurosim.study.values import Point


@dataclass(frozen=True)
class Task:
    """A trial to run.

    Attributes
    ----------
    key : str
        Its name in the store.
    file, text : str
        The study; see `neurosim.study.source.StudySource`.
    point, seed : mapping, int
        What to measure.
    partial, folder : str
        Where its artefacts are made, and where they go if it ends well.
    """

    key: str
    file: str
    text: str
    point: Point
    seed: int
    partial: str
    folder: str


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    key : str
        Of the task.
    measures : mapping
        Measure -> number; empty if it failed.
    data : mapping
        Data set -> checksums.
    seconds : float
        Wall time.
    error : str
        Traceback; empty if it ended well.
    stop : str
        Why no other trial will do better (a full disk); the trial then counts as not run.
    """

    key: str
    measures: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    stop: str = ""
