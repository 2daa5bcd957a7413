"""Parameters that change in time, in the text of an update and in the memory that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from neurosim.neurons.step_form import Course

CLOCK = "clock"
ROW = """
def _row(step: i64, clock: P[i64]) -> i64:
    return min((step - clock[0]) // clock[1], clock[2] - 1)
"""
"""The row that holds in a step; a clock holds the step at which a course begins, its period and the number of rows."""


def door_lines(names: Sequence[str], each: Sequence[str], kinds: Sequence[str], first: int) -> Iterator[tuple[str, str]]:
    """(statement, argument) for each course: a pointer to the numbers of the neurons, or the number that all share."""
    for k, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        at = first + 2 * k
        row = f"_row(step, as_i64(table[{at + 1}]))"
        if name in each:
            yield f"_course{k} = as_{kind}(table[{at}]) + {row} * n", f"_course{k}"
        else:
            yield f"_course{k} = as_{kind}(table[{at}])", f"_course{k}[{row}]"


def course_memory(course: Course, n: int, kind: Any) -> tuple[Any, Any]:
    """The rows and the clock that an update reads."""
    rows = np.asarray(course.rows)
    wide = np.broadcast_to(rows, (len(rows), n)) if rows.ndim == 2 else rows
    return np.ascontiguousarray(wide.astype(kind)), np.array([course.since, course.period, len(rows)], np.int64)
