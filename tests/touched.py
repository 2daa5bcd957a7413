"""Records which files a piece of work really uses: Python files whose functions run, and other files that are opened."""

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
    """Collect the files in `folders` that the block uses; the set is complete when the block ends.

    Importing a module does not count, because a package imports many modules that its user does not need. Functions that run
    are recorded on Python 3.12 and newer.
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
    """Collect the names of files whose functions run."""
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
