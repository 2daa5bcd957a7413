"""Progress of a download, drawn by rich."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from neurosim.terminal.console import console, words_column


class DownloadBar:
    """The four things that pooch asks of a progress bar."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=None)
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes to come; 0 if the server did not say."""
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
        """Do nothing: the bar goes when `download_bar` ends."""


@contextmanager
def download_bar(label: str) -> Iterator[DownloadBar]:
    """A bar on a terminal's standard error, and nothing anywhere else."""
    screen = console(stderr=True)
    columns = (words_column(), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        yield DownloadBar(progress, label)
