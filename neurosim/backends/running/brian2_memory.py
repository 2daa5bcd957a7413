"""The complete state of Brian2 objects as arrays by name, and back; Brian2's own files are pickles, which could run code."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from neurosim.errors import DataError

_QUEUE = "_spikequeue"
_MONITORS = ("spikes_", "states_", "synapses_")
"""Beginnings of names of monitors, which are empty between stretches and belong to no state."""


def memory(network: Any, random: Mapping[str, Any], step: int) -> dict[str, Any]:
    """State of all objects but monitors, random numbers, and the step."""
    out: dict[str, Any] = {"step": np.array(step), "time": np.array(network.t_)}
    queues: dict[str, Any] = {}
    for name, state in network._full_state().items():
        if not isinstance(state, dict) or name.startswith(_MONITORS):
            continue
        for variable, stored in state.items():
            if variable == _QUEUE:
                queues[name] = None if stored is None else [int(stored[0]), [list(map(int, part)) for part in stored[1]]]
            elif isinstance(stored, tuple):
                out[f"{name}|{variable}"] = np.array(stored[0])
    out["queues"] = np.array(json.dumps(queues))
    return {**out, **_random(random)}


def restore(network: Any, memory: Mapping[str, Any], who: str, kept: Collection[str] = ()) -> None:
    """Put the objects of `network` into the stored state, except for the arrays named in `kept`, which stay as they are.

    Raises
    ------
    DataError
        If arrays are missing, or have another shape.
    """
    state, queues = network._full_state(), json.loads(str(memory["queues"]))
    for name, own in state.items():
        if isinstance(own, dict) and not name.startswith(_MONITORS):
            for variable, stored in own.items():
                if variable == _QUEUE:
                    queue = queues.get(name)
                    own[variable] = None if queue is None else (queue[0], queue[1])
                elif isinstance(stored, tuple) and f"{name}|{variable}" not in kept:
                    own[variable] = _fitting(memory, f"{name}|{variable}", who)
    state["0_t"] = float(memory["time"])
    network._stored_state["resumed"] = state
    network.restore("resumed")


def _fitting(memory: Mapping[str, Any], key: str, who: str) -> tuple[Any, int]:
    if key not in memory:
        raise DataError(f"The state is not of {who!r}: it has no {key!r}.")
    array = np.array(memory[key])
    return array, array.size


def _random(random: Mapping[str, Any]) -> dict[str, Any]:
    kind, keys, place, has_gauss, gauss = random["numpy_state"]
    notes = {"kind": kind, "place": int(place), "has_gauss": int(has_gauss), "gauss": float(gauss)}
    buffers = {f"random|{name}": np.array(value) for name, value in random.items() if name != "numpy_state"}
    return {"random": np.array(json.dumps(notes)), "random|keys": np.array(keys), **buffers}


def random_state(memory: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Random numbers of a `memory` in the form of Brian2."""
    notes = json.loads(str(memory["random"]))
    state = (notes["kind"], np.array(memory["random|keys"]), notes["place"], notes["has_gauss"], notes["gauss"])
    return {**{name: np.array(memory[f"random|{name}"]) for name in own if name != "numpy_state"}, "numpy_state": state}
