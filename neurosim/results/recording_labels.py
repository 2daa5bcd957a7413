"""What the arrays in the file of a recording are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from neurosim.files.labels import UNKNOWN, Labels

DESCRIPTION = (
    "Recording of a run of a spiking network by neurosim. Step k is at k times dt seconds; dt, steps and samples are "
    "attributes, and the attribute info (JSON) has the network (parts), the engine, the seed and the units."
)
_STEPS = "Steps, counted through all samples, before which the values were read"
LABELS: Labels = {
    "spikes/*/sample": ("1", "Sample of each spike, from 0"),
    "spikes/*/step": ("1", "Step of each spike within its sample, from 0; times dt it is in seconds"),
    "spikes/*/neuron": ("1", "Neuron of each spike, from 0"),
    "spikes/*/payload": ("1", "Number that each spike carries; 1 for plain spikes"),
    "states/*/*": (UNKNOWN, "State after the update of each step; the axes are samples, steps and probed neurons"),
    "state_steps/*/*": ("1", "Steps to which the values of a state belong, whose probe does not keep every step"),
    "weights/*/steps": ("1", _STEPS),
    "weights/*/values": (UNKNOWN, "Weights; the axes are times, pre neurons and post neurons"),
    "weights/*/data": (UNKNOWN, "Weights of the synapses, row by row of pre neurons; the axes are times and synapses"),
    "weights/*/indices": ("1", "Post neuron of each synapse"),
    "weights/*/indptr": ("1", "Where the synapses of each pre neuron begin, as in a compressed sparse row matrix"),
    "synapses/*/*/steps": ("1", _STEPS),
    "synapses/*/*/values": (UNKNOWN, "Variable or trace of a rule; the first axis is time"),
    "progress": ("1", "Number of complete steps, and complete length of each array of the attribute columns, after each piece"),
    "ending": ("1", "What is known at the end of the run, as the bytes of a JSON text"),
}


def units_by_place(info: Mapping[str, Any]) -> dict[str, str]:
    """Place of an array in the file -> its unit, from the units that `info` lists as "cells.v" or "in_cells.w"."""
    found: dict[str, str] = {}
    for key, unit in info.get("units", {}).items():
        name, _, variable = str(key).partition(".")
        found[f"states/{name}/{variable}"] = str(unit)
        if variable == "w":
            found |= {f"weights/{name}/{part}": str(unit) for part in ("values", "data")}
    return found


def state_labels(states: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """One name per state for other programs: ``POPULATION_VARIABLE``, with more ``_`` where that is the name of another one."""
    found: dict[tuple[str, str], str] = {}
    for name, variable in states:
        found[name, variable] = free_label(f"{name}_{variable}", found.values())
    return found


def free_label(wanted: str, taken: Collection[str]) -> str:
    """The name that is wanted, followed by as many ``_`` as it takes to be none of those that are taken."""
    while wanted in taken:
        wanted += "_"
    return wanted
