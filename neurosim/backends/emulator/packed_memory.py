"""Memories of sessions up to November 2026, which held each state of all populations in one array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.backends.emulator.to_arrays import Program, first_neurons

_ROWS = {
    "more": ("count", "label", "desire"),
    "dendrite": ("u_d", "v_d", "drift", "due"),
}
"""Arrays that held several states, one per row."""
_PACKED = ("u", "v", "theta", "held", *_ROWS)


def memory_name(population: str, state: str) -> str:
    """Name of a state in a memory."""
    return f"{population}/{state}"


def unpacked(memory: Mapping[str, Any], program: Program, own: Mapping[str, Any]) -> dict[str, Any]:
    """`memory` with the names of the present version, which are those of `own`; unchanged if it has them already."""
    if not set(_PACKED) <= set(memory):
        return dict(memory)
    out = {name: array for name, array in memory.items() if name not in _PACKED}
    for population, start in first_neurons(program.populations).items():
        here = slice(start, start + program.population(population).n)
        for state in (*_PACKED, *(s for states in _ROWS.values() for s in states)):
            name = memory_name(population, state)
            if name in own:
                out[name] = np.asarray(_packed(memory, state)[..., here]).astype(own[name].dtype)
    return out


def _packed(memory: Mapping[str, Any], state: str) -> Any:
    for name, states in _ROWS.items():
        if state in states:
            return np.asarray(memory[name])[:, states.index(state)]
    return np.asarray(memory[state])
