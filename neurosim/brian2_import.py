"""What importing Brian2 does besides: it runs a file of the current folder, and asks for a bug report at every exception.

Brian2 runs the file ``brian_preferences`` of the current folder when it is imported, line by line through `eval`.
The current folder may be one that was received, with results in it that somebody wants to look at. Reading runs nothing, so
that the file is passed over where neurosim imports Brian2; the user's own preferences in the home folder are read as ever.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from importlib.abc import MetaPathFinder
from types import TracebackType
from typing import Any

from neurosim.errors import NeurosimError

_MODULE = "brian2.core.preferences"
_FILE = "brian_preferences"


class _Watch(MetaPathFinder):
    """Finds nothing; sees when the module of preferences is there, which is before Brian2 reads them."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if not name.startswith("brian2."):
            return
        preferences = getattr(sys.modules.get(_MODULE), "BrianGlobalPreferences", None)
        if preferences is not None:
            sys.meta_path.remove(self)
            _pass_over(preferences)


def keep_from_running() -> None:
    """Let Brian2 pass over the file in the current folder; where it was imported before, it is too late for that."""
    if _MODULE not in sys.modules and not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def keep_own_errors() -> None:
    """Print errors of neurosim as Python does; to be called once Brian2 has been imported, any number of times."""
    from brian2.utils.logger import brian_excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        (sys.__excepthook__ if issubclass(kind, NeurosimError) else brian_excepthook)(kind, error, trace)

    # A hook of somebody else stays.
    if sys.excepthook is brian_excepthook:
        sys.excepthook = hook


def _pass_over(preferences: Any) -> None:
    original = preferences.load_preferences

    def load_preferences(self: Any) -> None:
        # Whoever calls it by hand later wants both files.
        preferences.load_preferences = original
        with suppress(OSError):
            self.read_preference_file(os.path.join(os.path.expanduser("~"), ".brian", "user_preferences"))
        if os.path.exists(_FILE):
            warnings.warn(
                f"{os.path.abspath(_FILE)} was not read: Brian2 would run what it says as Python. If it is yours, move it to "
                "~/.brian/user_preferences, or import brian2 before neurosim.",
                stacklevel=2,
            )

    preferences.load_preferences = load_preferences
