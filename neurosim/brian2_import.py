"""Changes to two side effects of importing Brian2.

When Brian2 is imported, it reads the file ``brian_preferences`` in the current folder, and evaluates each line with `eval`. The
current folder may come from somebody else, and contain results that the user only wants to read. Reading results must not run
code, so this file is ignored when neurosim imports Brian2. The user's own preferences in the home folder are read as usual.

Brian2 also asks for a bug report at every exception; errors of neurosim are printed without this request.
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
    """Import hook that finds no module, but notices when Brian2's module of preferences is loaded, before they are read."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if not name.startswith("brian2."):
            return
        preferences = getattr(sys.modules.get(_MODULE), "BrianGlobalPreferences", None)
        if preferences is not None:
            sys.meta_path.remove(self)
            _pass_over(preferences)


def keep_from_running() -> None:
    """Make Brian2 ignore the file in the current folder; this has no effect if Brian2 is already imported."""
    if _MODULE not in sys.modules and not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def keep_own_errors() -> None:
    """Print errors of neurosim as Python does. Call this after Brian2 is imported; repeated calls have no effect."""
    from brian2.utils.logger import brian_excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        (sys.__excepthook__ if issubclass(kind, NeurosimError) else brian_excepthook)(kind, error, trace)

    # A hook that another program has installed is not replaced.
    if sys.excepthook is brian_excepthook:
        sys.excepthook = hook


def _pass_over(preferences: Any) -> None:
    original = preferences.load_preferences

    def load_preferences(self: Any) -> None:
        # An explicit call at a later time should read both files.
        preferences.load_preferences = original
        with suppress(OSError):
            self.read_preference_file(os.path.join(os.path.expanduser("~"), ".brian", "user_preferences"))
        if os.path.exists(_FILE):
            warnings.warn(
                f"{os.path.abspath(_FILE)} was not read: Brian2 would run its text as Python. If it is yours, move it to "
                "~/.brian/user_preferences, or import brian2 before neurosim.",
                stacklevel=2,
            )

    preferences.load_preferences = load_preferences
