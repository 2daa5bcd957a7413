"""Live progress of a training: epochs, images a second, accuracy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TimeRemainingColumn
from rich.text import Text

from neurosim.terminal.console import console, words_column


class Scored(Protocol):
    """What the bar shows of an epoch."""

    @property
    def epoch(self) -> int:
        """Its number, from 0."""

    @property
    def test_accuracy(self) -> float:
        """From 0 to 1."""

    @property
    def seconds(self) -> float:
        """It took."""


class Clock:
    """Time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Wall and CPU time, as an `Epoch` names them."""
        return {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}


@dataclass(frozen=True)
class Report:
    """Feeds the bar."""

    bar: Progress
    task: TaskID

    def advance(self, images: int) -> None:
        """`images` more are done."""
        self.bar.advance(self.task, images)

    def epoch(self, epoch: Scored) -> None:
        """Show the figures of the last epoch."""
        speed = f"{100 * epoch.test_accuracy:.2f} % on test, {epoch.seconds:.1f} s an epoch"
        self.bar.update(self.task, description=f"epoch {epoch.epoch + 1}: {speed}")


class _Speed(ProgressColumn):
    """Images a second."""

    def render(self, task: Task) -> Text:
        """Of the task."""
        return Text("" if task.speed is None else f"{task.speed:.0f} images/s")


@contextmanager
def training_progress(epochs: int, images: int, done: int, shown: bool) -> Iterator[Report]:
    """A bar over all images of all epochs, of which `done` are done, on a terminal's stderr only."""
    columns = (words_column(), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    screen = console(stderr=True)
    with Progress(*columns, console=screen, disable=not (shown and screen.is_terminal), transient=True) as bar:
        yield Report(bar, bar.add_task("epoch 1", total=epochs * images, completed=done))
