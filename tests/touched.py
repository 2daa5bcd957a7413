"""Files that a piece of work really uses: code that runs, and files that are opened."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

_TOOL = 4
_WATCHED: list[set[str]] = []


def _opened(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHED and event == "open" and isinstance(arguments[0], str):
        _WATCHED[-1].add(arguments[0])


sys.addaudithook(_opened)


@contextmanager
def touched(*folders: Path) -> Iterator[set[Path]]:
    """Collects files below `folders`, complete when the block is left.

    Functions of Python files that run, which Python tells from 3.12 on, and other files that are opened. That a module is
    loaded says little: a package loads much that nobody asked for.
    """
    ran: set[str] = set()
    files: set[Path] = set()
    _WATCHED.append(set())
    try:
        with _running(ran):
            yield files
    finally:
        opened = {name for name in _WATCHED.pop() if not name.endswith(".py") and "__pycache__" not in name}
        files.update(path for path in map(Path, ran | opened) if any(folder in path.parents for folder in folders))


@contextmanager
def _running(ran: set[str]) -> Iterator[None]:
    if not hasattr(sys, "monitoring"):
        yield
        return
    watch = sys.monitoring

    def started(code: CodeType, _: int) -> object:
        if code.co_name != "<module>":
            ran.add(code.co_filename)
        return watch.DISABLE

    watch.use_tool_id(_TOOL, "touched")
    watch.register_callback(_TOOL, watch.events.PY_START, started)
    watch.set_events(_TOOL, watch.events.PY_START)
    watch.restart_events()
    try:
        yield
    finally:
        watch.set_events(_TOOL, 0)
        watch.free_tool_id(_TOOL)
