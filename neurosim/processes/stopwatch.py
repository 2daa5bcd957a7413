"""Wall time and CPU time of this process and its finished children."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple


class Seconds(NamedTuple):
    """Wall time and CPU time in seconds."""

    wall: float = 0.0
    cpu: float = 0.0

    def since(self, earlier: Seconds) -> Seconds:
        """Time that has passed since `earlier`."""
        return Seconds(self.wall - earlier.wall, self.cpu - earlier.cpu)

    def plus(self, other: Seconds) -> Seconds:
        """Sum of both times."""
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


def now() -> Seconds:
    """Current readings of the clocks, which have an arbitrary zero."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(time.perf_counter(), time.process_time() + children.ru_utime + children.ru_stime)


class Clock:
    """Clock that measures the time since it was created."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Wall time and CPU time, under the names of the attributes of an `Epoch`."""
        return {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}
