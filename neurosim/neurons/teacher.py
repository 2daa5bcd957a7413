"""A teacher inside the network: a dendritic current in lessons, by how far a neuron's event rate is from its target."""

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
    r"""Pushes a neuron's event rate to its ceiling or to its floor.

    When `lesson` becomes 1, a neuron with an average event rate E below E_max - tolerance gets the dendritic current
    :math:`I\,\delta / \max(\delta, E - E_{min})`, where :math:`\delta` is the tolerance; when it becomes -1, one with E above
    E_min + tolerance gets :math:`-I\,\delta / \max(\delta, E_{max} - E)`. The current stays what it is until `lesson` changes,
    and is zero while that is 0. E, E_min and E_max are those of the neuron's `BurstAverage`.

    Parameters
    ----------
    lesson : Timed
        1 (more), -1 (fewer) or 0 (no lesson); for all neurons, or one column a neuron.
    current : ampere
        I, the strongest push.
    tolerance : frequency
        Distance from the target that is good enough.

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
            raise NetworkError("RateTeacher.lesson has other values than -1 (fewer), 0 (no lesson) and 1 (more).")
        for name, (value, _) in self.constants().items():
            if value.ndim or not (np.isfinite(value) and value > 0):
                own = name.removeprefix("teacher_")
                raise NetworkError(f"RateTeacher.{own} = {shown(getattr(self, own))}; expected one positive value.")

    def constants(self) -> Mapping[str, tuple[Any, str]]:
        """Name -> (SI value, unit)."""
        return {
            "teacher_current": (si(self.current, "ampere", "RateTeacher.current"), "ampere"),
            "teacher_tolerance": (si(self.tolerance, "hertz", "RateTeacher.tolerance"), "1"),
        }


def with_teacher(cell: Equations, teacher: RateTeacher | None) -> Equations:
    """`cell` with the current of its teacher, `taught_current`, and what says when it changes."""
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
