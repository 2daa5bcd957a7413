"""Permission to run the stored text of a study: it must be in the catalogue, run here before by this user, or trusted."""

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
    """Text of a study as it is stored in a file of results; creating this object does not run it.

    Attributes
    ----------
    file, text : str
        Name and content of the study file.
    signature : str
        Signature of the user who ran the study; "" if there is none.
    """

    file: str
    text: str
    signature: str = ""

    @property
    def described(self) -> str:
        """Name, length and checksum of the text, for messages."""
        said = hashlib.sha256(self.text.encode()).hexdigest()[:12]
        return f"the study {self.file!r} stored in it ({len(self.text.splitlines())} lines of Python, sha256 {said})"


def signed(file: str, text: str) -> str:
    """Signature of a text that the user named and therefore wants to run."""
    return signature(_PURPOSE, _content(file, text))


def runnable(stored: StoredText, place: str | Path, trust: bool) -> StudySource:
    """Run the stored text of a study and return the study; before that, a line on standard error states why it may run.

    Parameters
    ----------
    stored : StoredText
        Text to run.
    place : path
        File in which it was stored, for messages.
    trust : bool
        Run the text whoever wrote it.

    Raises
    ------
    DataError
        If the text is neither in the catalogue nor the user's own, and not trusted.
    """
    whose = _whose(stored, trust)
    if not whose:
        raise DataError(
            f"{place}: {stored.described} is not in the catalogue, and you have not run it on this machine before. Python code "
            "that you run can do everything that you can do. Read it first, then add --trust (in Python: trust=True)."
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
