"""What came out, against what was expected."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.study.results import Results
from neurosim.study.values import shown


@dataclass(frozen=True)
class Judgement:
    """Attributes: `text` for people; `good` is None where a study has no check, or not all of its trials."""

    text: str
    good: bool | None


def judge(results: Results) -> Judgement:
    """Whether the finished trials are what the study expects."""
    study = results.source.study
    if study.check is None or not results.table.rows:
        return Judgement(f"Expected: {study.expected}" if study.expected else "Nothing was expected.", None)
    if results.open or results.failures:
        missing = results.open + len(results.failures)
        return Judgement(f"Expected: {study.expected} Not checked: {missing} trials are missing.", None)
    try:
        study.check(results.table)
    except Exception as error:
        return Judgement(f"Not as expected: {error} Expected was: {study.expected}", False)
    return Judgement(f"As expected: {study.expected}", True)


def answer(results: Results) -> str:
    """The result in a sentence: the study's own, or the best mean of its first measure."""
    study, table = results.source.study, results.table
    if not table.rows:
        return "No trial is finished yet."
    if study.answer is not None:
        return study.answer(table)
    measure = table.measures[0]
    points = [(point, rows.summary(measure).mean) for point, rows in table.by(*table.parameters)]
    low, high = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    where = [", ".join(f"{n}={shown(v)}" for n, v in zip(table.parameters, p, strict=True)) for p, _ in (low, high)]
    return f"{measure} goes from {low[1]:.4g} ({where[0]}) to {high[1]:.4g} ({where[1]})."
