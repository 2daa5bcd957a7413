"""Base of the objects in a study file: they are checked when they are created, and errors are `UsageError`."""

from __future__ import annotations

from typing import Any, ClassVar

from neurosim.checks.described import Described
from neurosim.errors import NeurosimError, UsageError


class AskedFor(Described):
    """Base class of the parts of a study."""

    refusal: ClassVar[type[NeurosimError]] = UsageError


def check_at_least(asked: Any, **lowest: int) -> None:
    """Raise UsageError if an attribute of `asked` is below its lowest value."""
    for name, low in lowest.items():
        found = getattr(asked, name)
        if found < low:
            raise UsageError(f"{type(asked).__name__}.{name} = {found}; expected a whole number of at least {low}.")
