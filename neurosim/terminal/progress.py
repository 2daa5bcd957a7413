"""Progress on standard error: bars, and a line for work of unknown length, on a terminal or in a notebook."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO, Any

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from neurosim.terminal.console import console, words_column

Advance = Callable[[float], None]
"""Function that takes the fraction that is done, from 0 to 1."""

PATIENCE = 2.0
"""Delay in seconds before progress is shown for work that may end immediately."""

# Two live displays on one terminal overwrite each other, so a later one adds its line to the first.
_live: list[Progress] = []


@dataclass(frozen=True)
class Bar:
    """A progress bar that counts."""

    progress: Progress
    task: TaskID

    def advance(self, n: int = 1) -> None:
        """Count `n` more as done."""
        self.progress.advance(self.task, n)

    def reach(self, n: int) -> None:
        """Set the total number that is done to `n`."""
        self.progress.update(self.task, completed=n)

    def say(self, text: str) -> None:
        """Show `text` before the bar."""
        self.progress.update(self.task, description=text)


class _Speed(ProgressColumn):
    """Column with the number of units per second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Text with the speed of the task."""
        return Text("" if task.speed is None else f"{task.speed:.0f} {self._unit}/s")


@contextmanager
def counting_bar(
    label: str, total: int, *, done: int = 0, wanted: bool = True, unit: str = "", estimate_seconds: float = 30.0
) -> Iterator[Bar]:
    """Progress bar over `total` units, of which `done` are already done.

    Parameters
    ----------
    unit : str
        Name of the units in the plural, to show the speed; if it is empty, no speed is shown.
    estimate_seconds : float
        Length of the period from which the remaining time is estimated.
    """
    speed = (_Speed(unit),) if unit else ()
    columns = (words_column(), BarColumn(), MofNCompleteColumn(), *speed, TimeElapsedColumn(), TimeRemainingColumn())
    with _display(*columns, wanted=wanted, speed_estimate_period=estimate_seconds) as progress:
        yield Bar(progress, progress.add_task(label, total=total, completed=done))


@contextmanager
def fraction_bar(label: str, wanted: bool = True) -> Iterator[Advance]:
    """Progress bar of a run, which appears after two seconds; it shows no fraction until the yielded function is called."""
    notebook = in_notebook()
    if not (wanted and (notebook or sys.stderr.isatty())):
        yield lambda fraction: None
        return
    with nullcontext() if notebook else _own_stream() as stream:
        bar = Progress(
            words_column(), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
            console=console(file=stream), transient=True, redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        task = bar.add_task(label, total=None)
        with _after_patience(bar.start, bar.stop):
            yield lambda fraction: bar.update(task, total=1.0, completed=fraction)


class DownloadBar:
    """Progress bar with the interface that pooch needs."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=None)
        self._total = 0

    @property
    def total(self) -> int:
        """Total number of bytes; 0 if the server did not send it."""
        return self._total

    @total.setter
    def total(self, value: int) -> None:
        self._total = value
        self._progress.update(self._task, total=value or None)

    def update(self, n: int) -> None:
        """Count `n` more bytes."""
        self._progress.advance(self._task, n)

    def reset(self) -> None:
        """Start counting from zero."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """Do nothing, because the bar is removed when `download_bar` ends."""


@contextmanager
def download_bar(label: str) -> Iterator[DownloadBar]:
    """Progress bar over the bytes of a download."""
    with _display(words_column(), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        yield DownloadBar(progress, label)


@contextmanager
def working(label: str, patience: float = PATIENCE) -> Iterator[None]:
    """Show a line with a spinner during work of unknown length, if it takes longer than `patience` seconds.

    Only the main thread of the main process draws, because others would overwrite its output.
    """
    if threading.current_thread() is not threading.main_thread() or multiprocessing.current_process().name != "MainProcess":
        yield
        return
    with ExitStack() as stack:

        def start() -> None:
            shown = _live[-1] if _live else stack.enter_context(_display(SpinnerColumn(), words_column()))
            stack.callback(shown.remove_task, shown.add_task(label, total=None))

        with _after_patience(start, stack.close, patience):
            yield


def in_notebook() -> bool:
    """Whether the code runs in a notebook that can show bars; without ipywidgets, rich would warn instead."""
    return console().is_jupyter and find_spec("ipywidgets") is not None


@contextmanager
def _display(*columns: ProgressColumn, wanted: bool = True, **options: Any) -> Iterator[Progress]:
    screen = console(stderr=True)
    seen = screen.is_terminal or in_notebook()
    with Progress(*columns, console=screen, disable=not (wanted and seen), transient=True, **options) as progress:
        _live.append(progress)
        try:
            yield progress
        finally:
            _live.remove(progress)


@contextmanager
def _after_patience(start: Callable[[], None], stop: Callable[[], None], patience: float | None = None) -> Iterator[None]:
    timer = threading.Timer(PATIENCE if patience is None else patience, start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        stop()


@contextmanager
def _own_stream() -> Iterator[IO[str]]:
    """Standard error with a separate file descriptor, because Brian2 silences the usual one while it compiles."""
    with open(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding) as stream:
        yield stream
