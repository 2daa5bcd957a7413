"""Reading the JSON file of a study as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.errors import DataError
from neurosim.files.json_file import read_json
from neurosim.study import stored
from neurosim.study.export import FORMAT_VERSION
from neurosim.study.permission import StoredText


@dataclass(frozen=True)
class StudyFile:
    """Content of a file from `neurosim.study.export`, as far as it is needed to reproduce the results.

    Attributes
    ----------
    stored : StoredText
        Text of the study, which reading does not run.
    size, settings : str, mapping
        Size of the study, and the values that the user set.
    trials : sequence of mapping
        Parameters, seed, measures and data of each trial.
    provenance : sequence of mapping
        Provenance of each run that contributed results.
    """

    stored: StoredText
    size: str
    settings: Mapping[str, list[Any]]
    trials: Sequence[Mapping[str, Any]]
    provenance: Sequence[Mapping[str, Any]]


def read_study_json(path: Path) -> StudyFile:
    """Read the results in a JSON file; no code in it is run.

    Raises
    ------
    DataError
        If the file is damaged, has another format, or contains values of unexpected types.
    """
    found, who = read_json(path), str(path)
    if found.get("format_version") != FORMAT_VERSION:
        version = found.get("format_version")
        raise DataError(f"{path}: format version {version!r}; this version of neurosim reads only {FORMAT_VERSION}.")
    file, text, size = (stored.text(found.get(name), f"{who}, {name}") for name in ("file", "source", "size"))
    trials, runs = (stored.listed(found.get(name), f"{who}, {name}") for name in ("trials", "provenance"))
    return StudyFile(
        # Older files have no signature.
        stored=StoredText(file, text, stored.text(found.get("signature", ""), f"{who}, signature")),
        size=size,
        settings=stored.settings(found.get("settings"), f"{who}, settings"),
        trials=[_trial(t, f"{who}, trial {k}") for k, t in enumerate(trials)],
        provenance=[stored.mapping(p, f"{who}, provenance") for p in runs],
    )


def _trial(value: Any, who: str) -> dict[str, Any]:
    found = stored.mapping(value, who)
    return {
        "parameters": stored.point(found.get("parameters"), f"{who}, parameters"),
        "seed": stored.whole(found.get("seed"), f"{who}, seed"),
        "measures": stored.measures(found.get("measures"), f"{who}, measures"),
        "data": stored.checksums(found.get("data"), f"{who}, data"),
    }
