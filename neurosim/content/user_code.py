"""Running Python files that users write (models, experiments), with errors that name file, line and remedy."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from neurosim.errors import ContentError, unknown_name


def load_function(path: Path, name: str) -> Callable[..., Any]:
    """Run a Python file and return its function `name`.

    Raises
    ------
    ContentError
        If the file cannot be read, does not compile, raises when it is run, or has no such function.
    """
    function = getattr(_module(path), name, None)
    if not inspect.isfunction(function):
        raise ContentError(f"{path}: found no function {name}(); add 'def {name}(...):' to the file.")
    return function


def load_value(path: Path, name: str, default: Any) -> Any:
    """Run a Python file and return its variable `name`, or `default` if it has none; for errors see `load_function`."""
    return getattr(_module(path), name, default)


def call(path: Path, function: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """Check the names of the options, then call ``function(**options)``.

    Raises
    ------
    ContentError
        If an option is unknown or missing, or the function raises an exception.
    """
    who = f"{path}: {function.__name__}()"
    parameters = inspect.signature(function).parameters.values()
    known = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    for name in options:
        if name not in known and len(known) == len(parameters):
            raise ContentError(f"{who}: " + unknown_name("option", name, known))
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    for name in needed:
        if name not in options:
            raise ContentError(f"{who}: option {name!r} has no default; give it a value.")
    with _blaming(path, f"{function.__name__}()"):
        return function(**options)


def signature(function: Callable[..., Any]) -> dict[str, Any]:
    """Default values of the options of a function, by name."""
    return {p.name: p.default for p in inspect.signature(function).parameters.values()}


def read_source(path: Path) -> str:
    """Text of a Python file; raise ContentError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise ContentError(f"{path}: cannot be read ({reason}). Check the path and its permissions.") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: not a text file in UTF-8 ({error.reason}); expected Python.") from error


def module_of(path: Path, source: str) -> ModuleType:
    """Run the Python text `source`, which was read from `path`, as a module.

    It is compiled in memory, so that no ``__pycache__`` appears next to a user's file.

    Raises
    ------
    ContentError
        If it does not compile, or raises when it is run.
    """
    module = ModuleType(f"neurosim_file_{path.stem}")
    module.__file__ = os.fspath(path)
    # Dataclasses look up their module in sys.modules.
    sys.modules[module.__name__] = module
    with _blaming(path, "the file"):
        exec(compile(source, os.fspath(path), "exec"), module.__dict__)
    return module


def _module(path: Path) -> ModuleType:
    return module_of(path, read_source(path))


@contextmanager
def _blaming(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        where = error.filename or path
        raise ContentError(f"{where}, line {error.lineno}: not valid Python ({error.msg}). Correct that line.") from error
    except Exception as error:
        said = f"{what} raised {type(error).__name__}: {_one_line(error)}"
        raise ContentError(f"{path}{_line(error, path)}: {said} Correct the file or its options.") from error


def _line(error: BaseException, path: Path) -> str:
    """Number of the last line of the file in the traceback of the error."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == os.fspath(path)]
    return f", line {lines[-1]}" if lines else ""


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    return text if text.endswith((".", "?", "!")) else f"{text}."
