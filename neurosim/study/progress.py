"""Live progress of a study: trials done and failed, time left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn, TimeRemainingColumn

from neurosim.terminal.console import console, words_column

# Trials may take minutes: the speed is that of the whole run, not of the last seconds.
_SPEED_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Bar:
    """Shows how far a study is."""

    progress: Progress
    task: TaskID

    def show(self, counts: Mapping[str, int]) -> None:
        """State -> number of trials."""
        failed = f", {counts['failed']} failed" if counts["failed"] else ""
        self.progress.update(self.task, completed=counts["done"] + counts["failed"], note=failed)


@contextmanager
def study_progress(name: str, total: int, shown: bool) -> Iterator[Bar]:
    """A bar on a terminal's stderr."""
    columns = (
        words_column("{task.description}{task.fields[note]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    screen = console(stderr=True)
    quiet = not (shown and screen.is_terminal)
    with Progress(*columns, console=screen, disable=quiet, transient=True, speed_estimate_period=_SPEED_SECONDS) as bar:
        yield Bar(bar, bar.add_task(name, total=total, note=""))
