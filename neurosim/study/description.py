"""What a study says about itself, as data: reading results needs nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.study.stored import listed, mapping, text, texts, truth
from neurosim.study.study import Measure, Study, Timing

OWN = ("answer", "check", "figure")
"""What a study may compute by functions of its own."""
UNKNOWN = "not known: it was stored before studies were described as data"


@dataclass(frozen=True)
class StudyDescription:
    """A study without its code.

    Attributes
    ----------
    name, question, expected : str
        Of the study.
    parameters : tuple of str
        In the order of the study.
    measures : mapping
        Name -> `Measure`.
    own : tuple of str
        Which of answer, check and figure are functions of the study.
    """

    name: str
    question: str
    parameters: tuple[str, ...]
    measures: Mapping[str, Measure]
    expected: str = ""
    own: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, which `description_from` takes."""
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
    """The description of a study."""
    return StudyDescription(
        name=study.name,
        question=study.question,
        parameters=tuple(study.parameters.names),
        measures=dict(study.measures),
        expected=study.expected,
        own=tuple(name for name in OWN if getattr(study, name) is not None),
    )


def description_from(value: Any, who: str) -> StudyDescription:
    """The description that `StudyDescription.to_json` gave; DataError for anything else."""
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
    """What can be said of a study that was stored without description."""
    return StudyDescription(name, UNKNOWN, parameters, {m: Measure("?", UNKNOWN) for m in measures}, UNKNOWN)
