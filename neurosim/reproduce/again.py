"""Makes a result again, whatever kind of file it is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neurosim.errors import DataError
from neurosim.reproduce.formats import FORMATS
from neurosim.reproduce.verdict import Format, Verdict


def reproduce(path: str | Path, jobs: int = 1, *, trust: bool = False) -> Verdict:
    """Run what made `path` again, and compare.

    Parameters
    ----------
    trust : bool
        Whether code that the file holds or names is run, though it is not known to be your own.

    Raises
    ------
    DataError
        If the file is missing, damaged, or of no format that can be made again, or needs code that is not run unasked.
    """
    where = Path(path)
    if not where.exists():
        raise DataError(f"{where}: no such file; expected {_titles(FORMATS)}.")
    for kind in FORMATS:
        if kind.recognises(where):
            return kind.again(where, jobs, trust)
    raise DataError(f"{where}: of no kind that can be made again; expected {_titles(FORMATS)}.")


def _titles(formats: Sequence[Format]) -> str:
    return " or ".join(f.title for f in formats)
