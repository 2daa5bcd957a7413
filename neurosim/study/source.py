"""Study files: found by name, run once a process, identified by their text."""

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
    """A study with the text it was read from.

    The text travels to the workers and into the store: whoever edits the file during a run does not mix two studies, and
    a result can be made again when the file is gone.
    """

    file: str
    text: str
    study: Study

    def fingerprint(self, size: str, settings: Mapping[str, Sequence[Any]]) -> str:
        """Hash of all that decides which trials there are and what they do."""
        said = {name: plain(list(values), name) for name, values in settings.items()}
        return hashlib.sha256(canonical([self.text, size, said]).encode()).hexdigest()


def load_study(name: str | os.PathLike[str]) -> StudySource:
    """The study of a name out of ``neurosim study list``, or of a Python file.

    Raises
    ------
    ContentError
        If there is no such file, it fails, or it has no ``STUDY``.
    """
    path = content_path("experiments", name)
    text = read_source(path)
    return StudySource(path.name, text, _study(path, text))


@functools.lru_cache(maxsize=8)
def study_of(file: str, text: str) -> StudySource:
    """A study out of its stored text; once a process, so that what the file builds is built once."""
    # Tracebacks show the lines that ran, not those that the file has now.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return StudySource(file, text, _study(Path(file), text))


def _study(path: Path, text: str) -> Study:
    study = getattr(module_of(path, text), ATTRIBUTE, None)
    if not isinstance(study, Study):
        raise ContentError(f"{path}: found no study; end the file in '{ATTRIBUTE} = Study(...)'.")
    return study
