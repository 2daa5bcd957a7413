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
    """Whether the finished trials are what the study expects, as its own check said when it ran."""
    expected, found = results.description.expected, results.conclusion
    if "check" not in results.description.own or not results.table.rows:
        return Judgement(f"Expected: {expected}" if expected else "Nothing was expected.", None)
    if results.open or results.failures:
        missing = results.open + len(results.failures)
        return Judgement(f"Expected: {expected} Not checked: {missing} trials are missing.", None)
    if found is None or found.good is None:
        return Judgement(f"Expected: {expected} Not checked yet: the study's next run does it.", None)
    if not found.good:
        return Judgement(f"Not as expected: {found.reason} Expected was: {expected}", False)
    return Judgement(f"As expected: {expected}", True)


def answer(results: Results) -> str:
    """The result in a sentence: the study's own, of when it ran, or the best mean of its first measure."""
    table = results.table
    if not table.rows:
        return "No trial is finished yet."
    if "answer" in results.description.own:
        return "Not answered yet: a run that ends answers it." if results.conclusion is None else results.conclusion.answer
    measure = table.measures[0]
    points = [(point, rows.summary(measure).mean) for point, rows in table.by(*table.parameters)]
    low, high = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    where = [", ".join(f"{n}={shown(v)}" for n, v in zip(table.parameters, p, strict=True)) for p, _ in (low, high)]
    return f"{measure} goes from {low[1]:.4g} ({where[0]}) to {high[1]:.4g} ({where[1]})."
