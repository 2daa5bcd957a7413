"""Which stored text of a study may run: that of the catalogue, that which this user ran here, and what the user trusts."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import read_source
from neurosim.errors import DataError
from neurosim.files.trust import made_here, signature
from neurosim.study.source import StudySource, study_of
from neurosim.study.values import canonical

_PURPOSE = "study"


@dataclass(frozen=True)
class StoredText:
    """The text of a study as it lies in a file of results. Nobody has run it.

    Attributes
    ----------
    file, text : str
        Name and content of the study's file.
    signature : str
        Of the user who ran it; "" if there is none.
    """

    file: str
    text: str
    signature: str = ""

    @property
    def described(self) -> str:
        """For messages: name, length and checksum."""
        said = hashlib.sha256(self.text.encode()).hexdigest()[:12]
        return f"the study {self.file!r} stored in it ({len(self.text.splitlines())} lines of Python, sha256 {said})"


def signed(file: str, text: str) -> str:
    """The signature of a text that the user has named, and so wants to run."""
    return signature(_PURPOSE, _content(file, text))


def runnable(stored: StoredText, place: str | Path, trust: bool) -> StudySource:
    """The study of a stored text, which runs it; first a line on standard error says whose it is.

    Parameters
    ----------
    stored : StoredText
        What to run.
    place : path
        Where it was stored, for people.
    trust : bool
        Whether the user wants to run it, whoever wrote it.

    Raises
    ------
    DataError
        If it is neither in the catalogue nor the user's own, and not trusted.
    """
    whose = _whose(stored, trust)
    if not whose:
        raise DataError(
            f"{place}: {stored.described} is no study of the catalogue and was not run here by you; to run it is to let its "
            "author do whatever you may do. Read it first, then add --trust (in Python: trust=True)."
        )
    print(f"{place}: runs {stored.described}; {whose}.", file=sys.stderr)
    return study_of(stored.file, stored.text)


def _whose(stored: StoredText, trust: bool) -> str:
    if _in_catalogue(stored):
        return "it is in the catalogue"
    if made_here(_PURPOSE, _content(stored.file, stored.text), stored.signature):
        return "you ran it here before"
    return "you trust it" if trust else ""


def _in_catalogue(stored: StoredText) -> bool:
    name = Path(stored.file).stem
    return name in list_content("experiments") and read_source(content_path("experiments", name)) == stored.text


def _content(file: str, text: str) -> bytes:
    return canonical([file, text]).encode()
