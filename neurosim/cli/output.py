"""Output of commands: tables for people, or one JSON object for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from neurosim.terminal.console import console, plain_words

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, and everything else on standard error.")
]

_WIDTH = 140
"""Width of the output, in columns, if it does not go to a terminal."""


class Output:
    """Text output and result of a command.

    Parameters
    ----------
    json : bool
        Whether standard output belongs to the JSON object.
    """

    def __init__(self, json: bool) -> None:
        self._console = _console(stderr=json)
        self._errors = _console(stderr=True)
        self.result: Mapping[str, Any] = {}

    def show(self, *things: Any) -> None:
        """Print text or rich tables for people; text is never interpreted as markup."""
        self._console.print(*things)

    def working(self, label: str) -> AbstractContextManager[Any]:
        """Show a spinner on standard error while the block runs, if standard error is a terminal."""
        return self._errors.status(plain_words(label))


def _console(stderr: bool) -> Console:
    found = console(stderr=stderr)
    return found if found.is_terminal else console(stderr=stderr, width=_WIDTH)


@contextmanager
def output(json_wanted: bool) -> Iterator[Output]:
    """An `Output`; after a block without errors, its result is printed if the user asked for JSON."""
    out = Output(json_wanted)
    if not json_wanted:
        yield out
        return
    with _only_errors():
        yield out
    print(json.dumps(plain(out.result), allow_nan=False))


def plain(value: Any) -> Any:
    """Convert `value` to the types of JSON. JSON has no NaN, so null replaces it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return str(value)


@contextmanager
def _only_errors() -> Iterator[None]:
    """Redirect everything that libraries and child processes print, so that none of it reaches standard output."""
    sys.stdout.flush()
    with redirect_stdout(sys.stderr):
        try:
            saved = os.dup(1)
        except OSError:
            yield
            return
        os.dup2(2, 1)
        try:
            yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)
