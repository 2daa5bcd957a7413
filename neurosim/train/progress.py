"""Live progress of a training: epochs, images a second, accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from neurosim.train.training import Epoch


@dataclass(frozen=True)
class Report:
    """Feeds the bar."""

    bar: Progress
    task: TaskID

    def advance(self, images: int) -> None:
        """`images` more are done."""
        self.bar.advance(self.task, images)

    def epoch(self, epoch: Epoch) -> None:
        """Show the figures of the last epoch."""
        speed = f"{100 * epoch.test_accuracy:.2f} % on test, {epoch.seconds:.1f} s an epoch"
        self.bar.update(self.task, description=f"epoch {epoch.epoch + 1}: {speed}")


@contextmanager
def training_progress(epochs: int, images: int, done: int, shown: bool) -> Iterator[Report]:
    """A bar over all images of all epochs, on a terminal's stderr only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True) as bar:
        yield Report(bar, bar.add_task("epoch 1", total=epochs * images, completed=done * images))
