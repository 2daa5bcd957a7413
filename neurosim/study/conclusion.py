"""Conclusion of a study, computed by its own code after a run and stored, so that reading results never runs code."""

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
    """Results of the functions `answer` and `check` of a study.

    Attributes
    ----------
    trials : str
        Checksum of the trials to which the conclusion belongs.
    answer : str
        Answer in one sentence; "" if the study has no function `answer`.
    good : bool or None
        Whether the result agrees with the expectation; None if this was not checked.
    reason : str
        Reason if it does not agree.
    """

    trials: str
    answer: str = ""
    good: bool | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, from which `conclusion_from` restores the conclusion."""
        return asdict(self)


def conclude(study: Study, table: Table, whole: bool) -> Conclusion:
    """Compute the conclusion of a study from its finished trials; `check` is called only if these are all trials (`whole`)."""
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
    """Checksum of the trials and measures in a table."""
    content = hashlib.sha256()
    for row in table.rows:
        content.update(canonical([row.key, dict(row.measures)]).encode())
    return content.hexdigest()


def conclusion_from(value: Any, who: str) -> Conclusion:
    """Conclusion from the plain values of `Conclusion.to_json`; raise DataError for anything else."""
    found = mapping(value, who)
    good = found.get("good")
    trials, answer, reason = (text(found.get(name), f"{who}, {name}") for name in ("trials", "answer", "reason"))
    return Conclusion(trials, answer, None if good is None else truth(good, f"{who}, good"), reason)
