"""A program in a process group of its own, of which nothing is left when it ends, fails or takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

GRACE = 2.0
"""Seconds that a group gets to clean up its shared memory, between being asked to end and being killed."""


class ChildTimeout(Exception):
    """The child was still running when its time was over."""


def run_child(
    command: Sequence[str], log: Path, timeout: float | None, environment: Mapping[str, str] | None = None
) -> int:
    """Run `command` in `environment` (or this process's own), its output in `log`; its exit code.

    Raises
    ------
    ChildTimeout
        After `timeout` seconds; the child and its children are gone by then.
    """
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env=environment
        )
        try:
            return child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ChildTimeout from None
        finally:
            end_group(child)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the group that `child` leads."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _signal(child.pid, number):
            break
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and group_alive(child):
            time.sleep(0.01)
    child.wait()


def group_alive(child: subprocess.Popen[bytes]) -> bool:
    """Whether any process of the group is left."""
    child.poll()
    return _signal(child.pid, 0)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
