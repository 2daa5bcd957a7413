"""Comparison of the result of a study with its expectation."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.study.results import Results
from neurosim.study.values import shown


@dataclass(frozen=True)
class Judgement:
    """Whether a result agrees with the expectation: `text` for people, and `good`.

    `good` is None if the study has no check, or if some of its trials are missing.
    """

    text: str
    good: bool | None


def judge(results: Results) -> Judgement:
    """Whether the finished trials agree with the expectation, according to the study's own check at the end of a run."""
    expected, found = results.description.expected, results.conclusion
    if "check" not in results.description.own or not results.table.rows:
        return Judgement(f"Expected: {expected}" if expected else "The study states no expectation.", None)
    if results.open or results.failures:
        missing = results.open + len(results.failures)
        return Judgement(f"Expected: {expected} Not checked: {missing} trials are missing.", None)
    if found is None or found.good is None:
        return Judgement(f"Expected: {expected} Not checked yet: run the study again to check it.", None)
    if not found.good:
        return Judgement(f"Not as expected: {found.reason} Expected was: {expected}", False)
    return Judgement(f"As expected: {expected}", True)


def answer(results: Results) -> str:
    """Answer in one sentence: that of the study's own code, stored after a run, or the range of its first measure."""
    table = results.table
    if not table.rows:
        return "No trial is finished yet."
    if "answer" in results.description.own:
        unanswered = "There is no answer yet; it is computed when a run of the study ends."
        return unanswered if results.conclusion is None else results.conclusion.answer
    measure = table.measures[0]
    points = [(point, rows.summary(measure).mean) for point, rows in table.by(*table.parameters)]
    low, high = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    where = [", ".join(f"{n}={shown(v)}" for n, v in zip(table.parameters, p, strict=True)) for p, _ in (low, high)]
    return f"The mean of {measure} ranges from {low[1]:.4g} ({where[0]}) to {high[1]:.4g} ({where[1]})."
