"""Description of a study as data, so that results can be read without running the code of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.study.stored import listed, mapping, text, texts, truth
from neurosim.study.study import Measure, Study, Timing

OWN = ("answer", "check", "figure")
"""Names of the functions that a study may define itself."""
UNKNOWN = "not known: it was stored before studies were described as data"


@dataclass(frozen=True)
class StudyDescription:
    """Description of a study without its code.

    Attributes
    ----------
    name, question, expected : str
        Name, question and expected result of the study.
    parameters : tuple of str
        Names of the parameters, in the order of the study.
    measures : mapping
        Name -> `Measure`.
    own : tuple of str
        Those of "answer", "check" and "figure" that the study defines as functions.
    """

    name: str
    question: str
    parameters: tuple[str, ...]
    measures: Mapping[str, Measure]
    expected: str = ""
    own: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, from which `description_from` restores the description."""
        measures = [
            {"name": name, "unit": m.unit, "meaning": m.meaning, "repeatable": m.repeatable}
            for name, m in self.measures.items()
        ]
        return {
            "name": self.name,
            "question": self.question,
            "parameters": list(self.parameters),
            "measures": measures,
            "expected": self.expected,
            "own": list(self.own),
        }


def describe(study: Study) -> StudyDescription:
    """Create the description of a study."""
    return StudyDescription(
        name=study.name,
        question=study.question,
        parameters=tuple(study.parameters.names),
        measures=dict(study.measures),
        expected=study.expected,
        own=tuple(name for name in OWN if getattr(study, name) is not None),
    )


def description_from(value: Any, who: str) -> StudyDescription:
    """Description from the plain values of `StudyDescription.to_json`; raise DataError for anything else."""
    found = mapping(value, who)
    measures = listed(found.get("measures"), f"{who}, measures")
    return StudyDescription(
        name=text(found.get("name"), f"{who}, name"),
        question=text(found.get("question"), f"{who}, question"),
        parameters=texts(found.get("parameters"), f"{who}, parameters"),
        measures=dict(_measure(m, f"{who}, measures") for m in measures),
        expected=text(found.get("expected"), f"{who}, expected"),
        own=texts(found.get("own"), f"{who}, own"),
    )


def _measure(value: Any, who: str) -> tuple[str, Measure]:
    found = mapping(value, who)
    kind = Measure if truth(found.get("repeatable"), who) else Timing
    return text(found.get("name"), who), kind(text(found.get("unit"), who), text(found.get("meaning"), who))


def undescribed(name: str, parameters: tuple[str, ...], measures: tuple[str, ...]) -> StudyDescription:
    """Description of a study that was stored in the older format, which has none."""
    return StudyDescription(name, UNKNOWN, parameters, {m: Measure("?", UNKNOWN) for m in measures}, UNKNOWN)
