"""Results of one version of a study, which may be unfinished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.content.catalogue import list_content
from neurosim.display import html
from neurosim.display.html import block, paragraph
from neurosim.display.short import LONGEST, Short, cut
from neurosim.study import frames
from neurosim.study.conclusion import Conclusion
from neurosim.study.description import StudyDescription
from neurosim.study.frames import columns
from neurosim.study.permission import StoredText
from neurosim.study.table import Table
from neurosim.study.values import Point, shown


@dataclass(frozen=True)
class Failure(Short):
    """A failed trial, with its traceback."""

    point: Point
    seed: int
    error: str

    @property
    def reason(self) -> str:
        """Last line of the traceback."""
        return (self.error.strip().splitlines() or ["no reason was stored"])[-1]


@dataclass(frozen=True)
class Results(Short):
    """Results of one version of a study, which may be unfinished.

    Attributes
    ----------
    place : Path
        Path of the database.
    version : int
        Number of the version in the database.
    description : StudyDescription
        Description of the study when it was run, as data.
    stored : StoredText
        Text of the study, which reading does not run; see `neurosim.study.permission.runnable`.
    size, settings : str, mapping
        Size of the study, and the values that the user set.
    created : str
        Time at which the version was created, in UTC.
    conclusion : Conclusion or None
        Conclusion of the study's own functions about exactly these trials.
    table : Table
        Finished trials.
    failures : tuple of Failure
        Failed trials.
    open : int
        Number of trials that are waiting or running.
    provenance : tuple of mapping
        Provenance of each run that contributed results.
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

    def __repr__(self) -> str:
        counts = f"{len(self.table)} done, {len(self.failures)} failed, {self.open} open"
        return cut(f"<Results of {self.description.name!r}, version {self.version}, {self.size}: {counts}>", LONGEST)

    def _repr_html_(self) -> str:
        study, found = self.description, self.table
        rows = [(*(shown(row.point[p]) for p in found.parameters), row.seed, *row.measures.values()) for row in found.rows]
        head = (*found.parameters, "seed", *found.measures)
        return block(repr(self)[1:-1], paragraph(study.question), html.table(head, rows))

    def to_pandas(self) -> Any:
        """The finished trials as a `pandas.DataFrame` (needs the extra `analysis`).

        One row per trial; columns are parameters (quantities in SI, with the unit in the name), seed, measures and seconds.
        """
        return frames.to_pandas(columns(self.table))

    def to_xarray(self) -> Any:
        """The finished trials as an `xarray.Dataset` (needs the extra `analysis`).

        Each measure is a variable with one axis per parameter and the axis ``seed``, NaN where a trial is missing; if the
        parameters are no grid, its only axis is ``trial``. Attributes are ``units`` and ``long_name``.
        """
        study = self.description
        units = {name: (m.unit, m.meaning) for name, m in study.measures.items()}
        about = {"study": study.name, "question": study.question, "size": self.size, "command": self.command}
        return frames.to_xarray(self.table, units, about)

    @property
    def command(self) -> str:
        """Command that computes the results again."""
        values = {name: ",".join(shown(v).replace(" ", "*") for v in found) for name, found in self.settings.items()}
        sets = "".join(f" --set {name}={text}" for name, text in values.items())
        return f"neurosim study run {self._name} --size {self.size}{sets}"

    @property
    def _name(self) -> str:
        """What the command line calls the study: a name of the catalogue, or the file of a study of one's own."""
        name = Path(self.stored.file).stem
        return name if name in list_content("experiments") else self.stored.file
