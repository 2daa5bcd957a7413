"""Messages between the process that stores the results and the workers."""

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
        Name of the trial in the store.
    file, text : str
        Name and text of the study file; see `neurosim.study.source.StudySource`.
    point, seed : mapping, int
        Parameters and seed of the trial.
    partial, folder : str
        Folder in which its artefacts are created, and the folder to which they are moved if the trial succeeds.
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
    """Result of a trial.

    Attributes
    ----------
    key : str
        Name of the trial in the store.
    measures : mapping
        Measure -> number; empty if the trial failed.
    data : mapping
        Data set -> checksums.
    seconds : float
        Wall time of the trial.
    error : str
        Traceback; empty if the trial succeeded.
    stop : str
        Reason why every other trial would fail too, such as a full disk; the trial then counts as not run. Otherwise empty.
    """

    key: str
    measures: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    stop: str = ""
