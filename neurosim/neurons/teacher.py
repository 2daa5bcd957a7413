"""Teacher inside the network: a dendritic current that depends on the distance of the event rate from its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import Equations, Event
from neurosim.neurons.timed import Timed
from neurosim.plasticity.literals import hertz, picoamperes
from neurosim.units import si


@dataclass(frozen=True, kw_only=True)
class RateTeacher(Described):
    r"""Teacher that drives the event rate of a neuron towards its upper or its lower limit.

    Let E be the average event rate of a neuron and :math:`\delta` the tolerance. When `lesson` becomes 1, a neuron with E below
    E_max - tolerance receives the dendritic current :math:`I\,\delta / \max(\delta, E - E_{min})`. When `lesson` becomes -1, a
    neuron with E above E_min + tolerance receives :math:`-I\,\delta / \max(\delta, E_{max} - E)`. The current is constant
    until `lesson` changes, and zero while `lesson` is 0. E, E_min and E_max are those of the neuron's `BurstAverage`.

    Parameters
    ----------
    lesson : Timed
        Lesson: 1 (more events), -1 (fewer events) or 0 (no lesson); for all neurons, or in one column per neuron.
    current : ampere
        Largest current I.
    tolerance : frequency
        Distance from the target within which there is no current.

    Notes
    -----
    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x: the XOR task.
    """

    lesson: Timed
    current: Any = picoamperes(1000)
    tolerance: Any = hertz(1)

    def __post_init__(self) -> None:
        if not isinstance(self.lesson, Timed):
            raise NetworkError(f"RateTeacher.lesson is {shown(self.lesson)}; expected Timed([0, 1, ...], every=...).")
        if not np.isin(self.lesson.rows("1", "RateTeacher.lesson"), (-1, 0, 1)).all():
            raise NetworkError("RateTeacher.lesson: expected the values -1 (fewer), 0 (no lesson) and 1 (more), found others.")
        for name, (value, _) in self.constants().items():
            if value.ndim or not (np.isfinite(value) and value > 0):
                own = name.removeprefix("teacher_")
                raise NetworkError(f"RateTeacher.{own} = {shown(getattr(self, own))}; expected one positive value.")

    def constants(self) -> Mapping[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the parameters by name."""
        return {
            "teacher_current": (si(self.current, "ampere", "RateTeacher.current"), "ampere"),
            "teacher_tolerance": (si(self.tolerance, "hertz", "RateTeacher.tolerance"), "1"),
        }


def with_teacher(cell: Equations, teacher: RateTeacher | None) -> Equations:
    """Add the current of `teacher`, `taught_current`, to the equations of a neuron, with the event that changes it."""
    if teacher is None:
        return cell
    return replace(
        cell,
        model=f"{cell.model}\ntaught_current : amp\ntaught : 1",
        parameters={**cell.parameters, **teacher.constants(), "lesson": (teacher.lesson, "1")},
        events={**cell.events, "lesson_changes": Event("lesson != taught", _CURRENT)},
    )


_CURRENT = """taught = lesson
up = int(taught > 0 and event_rate < E_max - teacher_tolerance)/clip(event_rate - E_min, teacher_tolerance, 1e9)
down = int(taught < 0 and event_rate > E_min + teacher_tolerance)/clip(E_max - event_rate, teacher_tolerance, 1e9)
taught_current = teacher_current*teacher_tolerance*(up - down)"""
