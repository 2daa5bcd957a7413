"""Wall and CPU seconds, this process and its finished children."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple


class Seconds(NamedTuple):
    """Wall and CPU time."""

    wall: float = 0.0
    cpu: float = 0.0

    def since(self, earlier: Seconds) -> Seconds:
        """What went by."""
        return Seconds(self.wall - earlier.wall, self.cpu - earlier.cpu)

    def plus(self, other: Seconds) -> Seconds:
        """Both together."""
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


def now() -> Seconds:
    """The clocks, from an arbitrary zero."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(time.perf_counter(), time.process_time() + children.ru_utime + children.ru_stime)


class Clock:
    """Time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Wall and CPU time, as an `Epoch` names them."""
        return {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}
