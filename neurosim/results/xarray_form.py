"""Conversion of the states of a recording to xarray, in which axes have names and numbers have units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.results.optional import needed
from neurosim.results.recording_labels import free_label, state_labels
from neurosim.results.run_data import RunData, info_json

_PLAIN = ("network", "engine", "arithmetic", "integration", "seed")


def to_xarray(recording: RunData) -> Any:
    """All states as one `xarray.Dataset`."""
    xarray = needed("xarray", "analysis", "to_xarray")
    axes: dict[str, NDArray[Any]] = {}
    labels = state_labels(recording.states)
    variables = {}
    for (name, variable), values in recording.states.items():
        label = labels[name, variable]
        own = {kind: free_label(f"{kind}_{label}", labels.values()) for kind in ("time", "neuron")}
        time = _axis(axes, "time", recording.steps_of(name, variable) * recording.dt, own)
        neuron = _axis(axes, "neuron", _neurons(recording, name, variable, values.shape[2]), own)
        attrs = {
            "units": recording.unit_of(name, variable) or "SI", "long_name": f"{variable} of {name}",
            "population": name, "variable": variable,
        }  # fmt: skip
        variables[label] = (("sample", time, neuron), values, attrs)
    made = xarray.Dataset(variables, {"sample": np.arange(recording.samples), **axes}, _attributes(recording))
    for axis in axes:
        made[axis].attrs.update(_MEANING[axis.split("_")[0]])
    return made


_MEANING: Mapping[str, Mapping[str, str]] = {
    "time": {"units": "s", "long_name": "time of the step within its sample"},
    "neuron": {"long_name": "number of the neuron in its population; of a mean over neurons, 0"},
}


def _axis(axes: dict[str, NDArray[Any]], kind: str, values: NDArray[Any], own: Mapping[str, str]) -> str:
    """Name of the axis with these coordinates, its `own` or that of other states: equal coordinates share one."""
    known = (name for name, other in axes.items() if name.split("_")[0] == kind and np.array_equal(other, values))
    name = next(known, kind if kind not in axes else own[kind])
    axes[name] = values
    return name


def _neurons(recording: RunData, name: str, variable: str, width: int) -> NDArray[Any]:
    probed = recording.info.get("probed", {}).get(f"{name}.{variable}")
    return np.array(probed) if probed is not None and len(probed) == width else np.arange(width)


def _attributes(recording: RunData) -> dict[str, Any]:
    """What netCDF can store: texts and numbers."""
    plain = {key: recording.info[key] for key in _PLAIN if isinstance(recording.info.get(key), str | int | float)}
    return {"dt": recording.dt, "steps": recording.steps, **plain, "info": info_json(recording.info)}
