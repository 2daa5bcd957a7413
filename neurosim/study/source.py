"""Study files: they are found by name, run once per process, and identified by their text."""

from __future__ import annotations

import functools
import hashlib
import linecache
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.content.catalogue import content_path
from neurosim.content.user_code import module_of, read_source
from neurosim.errors import ContentError
from neurosim.study.study import Study
from neurosim.study.values import canonical, plain

ATTRIBUTE = "STUDY"


@dataclass(frozen=True)
class StudySource:
    """A study with the text of its file.

    Workers and the store use this text. Editing the file during a run therefore does not mix two studies, and a result can be
    reproduced after the file is gone.
    """

    file: str
    text: str
    study: Study

    def fingerprint(self, size: str, settings: Mapping[str, Sequence[Any]]) -> str:
        """Hash of everything that determines the trials and their results."""
        said = {name: plain(list(values), name) for name, values in settings.items()}
        return hashlib.sha256(canonical([self.text, size, said]).encode()).hexdigest()


def load_study(name: str | os.PathLike[str]) -> StudySource:
    """Load the study with a name from ``neurosim study list``, or from a Python file.

    Raises
    ------
    ContentError
        If there is no such file, running it fails, or it defines no ``STUDY``.
    """
    path = content_path("experiments", name)
    text = read_source(path)
    return StudySource(path.name, text, _study(path, text))


@functools.lru_cache(maxsize=8)
def study_of(file: str, text: str) -> StudySource:
    """Load a study from its stored text, only once per process, so that objects in the file are built once."""
    # With this, tracebacks show the lines that ran, not those that the file contains now.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return StudySource(file, text, _study(Path(file), text))


def _study(path: Path, text: str) -> Study:
    study = getattr(module_of(path, text), ATTRIBUTE, None)
    if not isinstance(study, Study):
        raise ContentError(f"{path}: found no study; end the file with '{ATTRIBUTE} = Study(...)'.")
    return study
