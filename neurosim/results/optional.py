"""Packages that only some conversions need; the error for a missing one says how to install it."""

from __future__ import annotations

import importlib
from typing import Any

from neurosim.errors import UsageError


def needed(package: str, extra: str, who: str) -> Any:
    """The package, imported now.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise UsageError(f"{who} needs the package {package}: install it with  pip install 'neurosim[{extra}]'") from None
