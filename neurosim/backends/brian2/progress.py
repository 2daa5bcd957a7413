"""A bar for runs of more than two seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import IO

from rich.progress import BarColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from neurosim.terminal.console import console, words_column

Advance = Callable[[float], None]
"""Takes the fraction done, 0 to 1."""

PATIENCE = 2.0
"""Seconds before a bar is drawn."""


@contextmanager
def progress_bar(label: str, wanted: bool = True) -> Iterator[Advance]:
    """A bar on standard error that appears after two seconds; nothing where that is no terminal.

    It moves to and fro until the first call of the function that is handed out.
    """
    if not (wanted and sys.stderr.isatty()):
        yield lambda fraction: None
        return
    with _terminal() as stream:
        bar = Progress(
            words_column(), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
            console=console(file=stream), transient=True, redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        task = bar.add_task(label, total=None)
        start = Timer(PATIENCE, bar.start)
        start.daemon = True
        start.start()
        try:
            yield lambda fraction: bar.update(task, total=1.0, completed=fraction)
        finally:
            start.cancel()
            start.join()
            bar.stop()


@contextmanager
def _terminal() -> Iterator[IO[str]]:
    """Standard error under a descriptor of its own: Brian2 silences the usual one while it compiles."""
    with open(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding) as stream:
        yield stream
