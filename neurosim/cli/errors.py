"""Errors of commands: one line on standard error, and exit code 1 for errors that users can correct or 130 for Ctrl-C."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from neurosim.errors import NeurosimError, UncheckedFile
from neurosim.terminal.console import visible

DEBUG = "NEUROSIM_DEBUG"
"""Environment variable; with the value 1, every error shows its traceback."""


class Commands(TyperGroup):
    """The group of all commands, which reports every error. Typer itself reports wrong usage, with a hint and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        with reported():
            return super().invoke(ctx)


@contextmanager
def reported() -> Iterator[None]:
    """Convert exceptions to a line of text and an exit code."""
    try:
        with _notices():
            yield
    except NeurosimError as error:
        _fail(f"error: {_one_line(error)}", 1)
    except KeyboardInterrupt as stop:
        _fail(f"interrupted; {_one_line(stop)}" if str(stop) else "interrupted", 130)
    except MemoryError as error:
        said = "not enough memory for that" if not str(error) else f"not enough memory ({_one_line(error)})"
        _fail(f"error: {said}; use a smaller network, a shorter run or fewer samples.", 1)
    except (typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except Exception as error:
        kind = f"{type(error).__name__}: {_one_line(error)}"
        _fail(f"error: {kind} - this is a bug in neurosim: please report it with what {DEBUG}=1 shows", 1)


@contextmanager
def interrupted_with(remedy: str, needed: Path) -> Iterator[None]:
    """If Ctrl-C ends the block and the file `needed` exists, say how to go on.

    Raises
    ------
    KeyboardInterrupt
        With `remedy`.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*[remedy] * needed.exists()) from None


@contextmanager
def _notices() -> Iterator[None]:
    """Show one plain line for each file that was read unchecked; show other warnings in the usual form."""
    seen: set[str] = set()
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
            if not issubclass(category, UncheckedFile):
                others(visible(str(message)), category, *where, **how)
            elif str(message) not in seen:
                seen.add(str(message))
                print(f"note: {_one_line(message)}", file=sys.stderr)

        warnings.simplefilter("always", UncheckedFile)
        warnings.showwarning = show
        yield


def _fail(line: str, code: int) -> None:
    if os.environ.get(DEBUG) == "1":
        traceback.print_exc()
    print(line, file=sys.stderr)
    raise typer.Exit(code)


def _one_line(error: BaseException | str) -> str:
    """The message of an error; if it has many lines, such as a traceback of Lava, only its first and last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no message"]
    said = lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]} ({DEBUG}=1 shows all of it)"
    return visible(said)
