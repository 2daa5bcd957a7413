"""Computing a result again from any kind of result file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neurosim.errors import DataError
from neurosim.reproduce.formats import FORMATS
from neurosim.reproduce.verdict import Format, Verdict


def reproduce(path: str | Path, jobs: int = 1, *, trust: bool = False) -> Verdict:
    """Compute the result in `path` again and compare it with the stored one.

    Parameters
    ----------
    path : path
        File of a result, or folder of a study.
    jobs : int
        Number of trials of a study that run at the same time.
    trust : bool
        Run code that the file contains or names even if it is not known to be your own.

    Raises
    ------
    DataError
        If the file is missing, damaged, or of a format that cannot be computed again, or needs code that is not run without
        `trust`.
    """
    where = Path(path)
    if not where.exists():
        raise DataError(f"{where}: no such file; expected {_titles(FORMATS)}.")
    for kind in FORMATS:
        if kind.recognises(where):
            return kind.again(where, jobs, trust)
    raise DataError(f"{where}: a file of this kind cannot be reproduced; expected {_titles(FORMATS)}.")


def _titles(formats: Sequence[Format]) -> str:
    return " or ".join(f.title for f in formats)
