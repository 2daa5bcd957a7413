"""What is refused because it says more than NEST is known to compute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from neurosim.errors import UnsupportedError


def check_known(thing: Any, known: Collection[str], who: str) -> None:
    """Raise UnsupportedError if a part of a program uses more than the fields `known`, whatever the others may mean.

    A part that learns to say more is then refused in NEST until someone has found out what NEST makes of it.
    """
    for f in fields(thing):
        usual: Any = f.default if f.default_factory is MISSING else f.default_factory()
        if f.name not in known and not np.array_equal(getattr(thing, f.name), usual):
            unknown = f"{who}: it has {f.name}, which neurosim does not write for NEST."
            raise UnsupportedError(f"{unknown} Use the emulator or Brian2.")
