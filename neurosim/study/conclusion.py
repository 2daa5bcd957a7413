"""What only a study's own code can say of its results: computed where it ran, and stored, so that readers run nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from neurosim.study.stored import mapping, text, truth
from neurosim.study.study import Study
from neurosim.study.table import Table
from neurosim.study.values import canonical


@dataclass(frozen=True)
class Conclusion:
    """What a study's functions said.

    Attributes
    ----------
    trials : str
        Checksum of the trials that they saw.
    answer : str
        The result in a sentence; "" where the study has no function for it.
    good : bool or None
        Whether it is what was expected; None where that was not checked.
    reason : str
        Why not.
    """

    trials: str
    answer: str = ""
    good: bool | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, which `conclusion_from` takes."""
        return asdict(self)


def conclude(study: Study, table: Table, whole: bool) -> Conclusion:
    """What the study says of its finished trials; only if these are the `whole` of it, whether that was expected."""
    if not len(table):
        return Conclusion(digest(table))
    said = "" if study.answer is None else _answer(study.answer, table)
    if study.check is None or not whole:
        return Conclusion(digest(table), said)
    try:
        study.check(table)
    except Exception as error:
        return Conclusion(digest(table), said, False, str(error))
    return Conclusion(digest(table), said, True)


def _answer(function: Callable[[Table], str], table: Table) -> str:
    try:
        return str(function(table))
    except Exception as error:
        return f"The answer of the study could not be computed ({type(error).__name__}: {error})."


def digest(table: Table) -> str:
    """Checksum of what a study's functions see of a table."""
    content = hashlib.sha256()
    for row in table.rows:
        content.update(canonical([row.key, dict(row.measures)]).encode())
    return content.hexdigest()


def conclusion_from(value: Any, who: str) -> Conclusion:
    """The conclusion that `Conclusion.to_json` gave; DataError for anything else."""
    found = mapping(value, who)
    good = found.get("good")
    trials, answer, reason = (text(found.get(name), f"{who}, {name}") for name in ("trials", "answer", "reason"))
    return Conclusion(trials, answer, None if good is None else truth(good, f"{who}, good"), reason)
