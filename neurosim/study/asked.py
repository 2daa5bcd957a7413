"""What people write in the file of a study: checked like descriptions, and refused as `UsageError`."""

from __future__ import annotations

from typing import Any, ClassVar

from neurosim.checks.described import Described
from neurosim.errors import NeurosimError, UsageError


class AskedFor(Described):
    """Base of the parts of a study."""

    refusal: ClassVar[type[NeurosimError]] = UsageError


def check_at_least(asked: Any, **lowest: int) -> None:
    """UsageError for a number of `asked` that is below its lowest."""
    for name, low in lowest.items():
        found = getattr(asked, name)
        if found < low:
            raise UsageError(f"{type(asked).__name__}.{name} = {found}; expected a whole number of at least {low}.")
