"""States whose overflows are counted, and where."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.backends.emulator.overflow import COUNTS
from neurosim.step_language.declaration import Declaration

_PLACES: Mapping[str, tuple[str, str]] = {
    "current": ("current_wraps", "dendrite_current_wraps"),
    "level": ("voltage_saturations", "dendrite_voltage_saturations"),
}
"""Kind of a state -> its count, and that of a state with a scale of its own."""


def counted_states(step: Declaration) -> Mapping[str, int]:
    """State -> place of its count of overflows."""
    own = {name for names in step.apart.values() for name in names}
    # A voltage that is wider than 24 bits after its threshold was lowered still saturates before.
    kinds = {name: "level" if name == "v" else kind for name, kind in step.states.items()}
    return {name: COUNTS.index(_PLACES[kind][name in own]) for name, kind in kinds.items() if kind in _PLACES}
