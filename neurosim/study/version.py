"""One version of a study, as far as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.study.conclusion import Conclusion
from neurosim.study.description import StudyDescription
from neurosim.study.permission import StoredText
from neurosim.study.table import Table
from neurosim.study.values import Point, shown


@dataclass(frozen=True)
class Failure:
    """A failed trial, with its traceback."""

    point: Point
    seed: int
    error: str

    @property
    def reason(self) -> str:
        """Last line of the traceback."""
        return (self.error.strip().splitlines() or ["no reason was stored"])[-1]


@dataclass(frozen=True)
class Results:
    """One version of a study, as far as it is.

    Attributes
    ----------
    place : Path
        Of the database.
    version : int
        Number in its file.
    description : StudyDescription
        The study as it was when it ran, as data.
    stored : StoredText
        Its text, which reading does not run; see `neurosim.study.permission.runnable`.
    size, settings : str, mapping
        What it was called with.
    created : str
        When it was begun, UTC.
    conclusion : Conclusion or None
        What the study's own functions said of these very trials.
    table : Table
        Finished trials.
    failures : tuple of Failure
        Failed ones.
    open : int
        Trials that are waiting or running.
    provenance : tuple of mapping
        Of each run that worked on it.
    """

    place: Path
    version: int
    description: StudyDescription
    stored: StoredText
    size: str
    settings: Mapping[str, list[Any]]
    created: str
    conclusion: Conclusion | None
    table: Table
    failures: tuple[Failure, ...]
    open: int
    provenance: tuple[Mapping[str, Any], ...]

    @property
    def command(self) -> str:
        """What makes it again."""
        values = {name: ",".join(shown(v).replace(" ", "*") for v in found) for name, found in self.settings.items()}
        sets = "".join(f" --set {name}={text}" for name, text in values.items())
        return f"neurosim study run {self.description.name} --size {self.size}{sets}"
