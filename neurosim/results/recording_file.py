"""The file of a recording: one HDF5 file with a seal (`neurosim.files.seal`), which opens without neurosim.

It has the attributes ``format``, ``format_version``, ``dt`` (seconds), ``steps``, ``samples``, ``info`` and ``provenance``
(JSON), and the groups below. Each array has the attributes ``units`` and ``description``; those of older files have none.

- ``spikes/<population>``: ``sample``, ``step``, ``neuron``, ``payload``; attribute ``n``,
- ``states/<population>/<variable>``: (samples, steps, neurons), SI,
- ``state_steps/<population>/<variable>``: the steps of a thinned state; files of version 1 have none,
- ``weights/<projection>``: ``steps`` and ``values`` (times, n_pre, n_post), SI; for a sparse projection, since version 2,
  ``data`` (times, synapses), ``indices`` and ``indptr`` as in a SciPy csr array, attributes ``n_pre``, ``n_post``,
- ``synapses/<projection>/<variable>``: ``steps`` and ``values`` of tags (matrices) and traces (times, n).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

from neurosim.errors import NetworkError
from neurosim.files.checked import REALS, WHOLE, Node, in_range
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.files.labels import label
from neurosim.results.form import check_once
from neurosim.results.provenance import provenance
from neurosim.results.recording_labels import DESCRIPTION, LABELS, units_by_place
from neurosim.results.recording_stream import FORMAT, STREAMED, TRAIN, complete, information
from neurosim.results.run_data import RunData, Spikes, WeightTrace, info_json
from neurosim.results.weight_trace import SparseValues
from neurosim.units import FloatArray

R = TypeVar("R")
VERSION, THINNED = 1, 2
"""Versions of files with all steps of states and dense weights, and of files with thinned states or sparse weights."""
KIND = Kind(FORMAT, "recording", (VERSION, THINNED, STREAMED), "Recording.save", "save the recording again")
_INFO = TypeAdapter(Mapping[str, Any])
_SPARSE = ("data", "indices", "indptr")
_COLUMNS = ("sample", "step", "neuron", "payload")


def save(recording: RunData, path: str | os.PathLike[str]) -> None:
    """Write `recording` to `path`, which is replaced at once: a reader sees the old file or the new one.

    Raises
    ------
    DataError
        If info contains a value that JSON cannot represent.
    NetworkError
        If a neuron spikes twice in a step.
    NeurosimError
        If the file cannot be written.
    """
    info = info_json(recording.info)
    check_once(recording.spikes, recording.samples, recording.steps, recording.sizes)
    with atomic_hdf5(path) as file:
        file.attrs.update(
            format=FORMAT,
            description=DESCRIPTION,
            format_version=THINNED if recording.state_steps or _has_sparse(recording) else VERSION,
            dt=recording.dt,
            steps=recording.steps,
            samples=recording.samples,
            info=info,
            provenance=json.dumps(provenance()),
        )
        # The order is tracked, so that populations are read in their order and not in alphabetical order.
        trains = file.create_group("spikes", track_order=True)
        for name, spikes in recording.spikes.items():
            group = trains.create_group(name)
            group.attrs["n"] = recording.sizes[name]
            for column in _COLUMNS:
                _write(group, column, getattr(spikes, column))
        for (name, variable), values in recording.states.items():
            _write(file, f"states/{name}/{variable}", values)
        for (name, variable), steps in recording.state_steps.items():
            _write(file, f"state_steps/{name}/{variable}", steps)
        for name, trace in recording.weights.items():
            _write(file, f"weights/{name}/steps", trace.steps)
            _write_weights(file, f"weights/{name}", trace.values)
        for (name, variable), trace in recording.synapses.items():
            _write(file, f"synapses/{name}/{variable}/steps", trace.steps)
            _write_by_row(file, f"synapses/{name}/{variable}/values", trace.values)
        label(file, LABELS, units_by_place(recording.info))


def _has_sparse(recording: RunData) -> bool:
    return any(isinstance(trace.values, SparseValues) for trace in recording.weights.values())


def _write(group: Any, name: str, values: Any) -> None:
    array = np.asarray(values)
    # HDF5 compresses chunks, which an empty or scalar array does not have.
    group.create_dataset(name, data=array, **({"compression": "gzip"} if array.size else {}))


def _write_weights(file: Any, place: str, values: Any) -> None:
    if not isinstance(values, SparseValues):
        _write_by_row(file, f"{place}/values", values)
        return
    file[place].attrs.update(n_pre=values.form[0], n_post=values.form[1])
    for part in _SPARSE:
        _write(file, f"{place}/{part}", getattr(values, part))


def _write_by_row(file: Any, name: str, values: Any) -> None:
    # Fixed weights are a view that repeats one matrix; written all at once, they might not fit into memory.
    chunk = (1, *values.shape[1:])
    dataset = file.create_dataset(name, values.shape, values.dtype, chunks=chunk, compression="gzip")
    for k, matrix in enumerate(values):
        dataset[k] = matrix


def load(path: str | os.PathLike[str], make: Callable[..., R]) -> R:
    """Read a file that `save` wrote; `make` makes a recording of its parts, by the names of the attributes.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another kind, or of a version that this version of neurosim does not know.
    """
    with open_hdf5(path, KIND) as root:
        if root.whole("format_version", 1) == STREAMED:
            parts, steps = complete(root)
            return _made(make, parts, steps, information(parts), TRAIN)
        return _made(make, root, root.whole("steps", 0), root.json("info", _INFO))


def _made(make: Callable[..., R], root: Node, steps: int, info: Mapping[str, Any], stored: Sequence[str] = _COLUMNS) -> R:
    try:
        return make(**_content(root, steps, stored), info=info)
    except NetworkError as error:
        # In a file it is damage, which is said with the name of the file.
        raise ValueError(str(error)) from None


def _content(root: Node, steps: int, stored: Sequence[str] = _COLUMNS) -> dict[str, Any]:
    dt, samples = root.positive("dt"), root.whole("samples", 0)
    populations = root.parts("spikes")
    weights = {name: _weights(group) for name, group in root.parts("weights").items()}
    sizes = {name: group.whole("n", 1) for name, group in populations.items()}
    spikes = {name: _spikes(group, (samples, steps, sizes[name]), stored) for name, group in populations.items()}
    check_once(spikes, samples, steps, sizes)
    return {
        "dt": dt,
        "steps": steps,
        "samples": samples,
        "sizes": sizes,
        "spikes": spikes,
        **_states(root, samples, steps),
        "weights": {name: trace for name, trace in weights.items() if len(trace.steps)},
        "synapses": {key: trace for key, trace in _synapses(root).items() if len(trace.steps)},
    }


def _spikes(group: Node, ends: tuple[int, int, int], stored: Sequence[str]) -> Spikes:
    columns = {name: group.part(name).array(WHOLE, 1) for name in stored}
    # A file that grew has one sample, and no column for it.
    columns = {"sample": np.zeros(len(columns["step"]), np.int32), **columns}
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise ValueError(f"spikes: columns of unequal length ({lengths})")
    for name, end in zip(_COLUMNS, ends, strict=False):
        in_range(columns[name], end, f"spikes: {name}")
    return Spikes(**columns)


def _states(root: Node, samples: int, steps: int) -> dict[str, Any]:
    """States, and the steps of those that are thinned."""
    at = {key: in_range(node.array(WHOLE, 1), steps, f"state_steps/{key}") for key, node in _of_variables(root, "state_steps")}
    rows = {key: len(found) for key, found in at.items()}
    states = {
        key: _state(node.array(REALS, 3), (samples, rows.get(key, steps)), "states/{}/{}".format(*key))
        for key, node in _of_variables(root, "states")
    }
    if set(at) - set(states):
        raise ValueError("state_steps of states that are not there")
    return {"states": states, "state_steps": at}


def _of_variables(root: Node, group: str) -> Iterator[tuple[tuple[str, str], Node]]:
    for name, own in root.parts(group).items():
        yield from (((name, variable), node) for variable, node in own.parts("").items())


def _state(values: FloatArray, form: tuple[int, int], who: str) -> FloatArray:
    if values.shape[:2] != form:
        raise ValueError(f"{who} has the shape {values.shape}; expected {form} samples and steps")
    return values


def _weights(group: Node) -> WeightTrace:
    if "indptr" not in group.parts(""):
        return _trace(group, 3)
    form = group.whole("n_pre", 1), group.whole("n_post", 1)
    data, indices, indptr = (
        group.part(name).array(kind, ndim) for name, kind, ndim in zip(_SPARSE, (REALS, WHOLE, WHOLE), (2, 1, 1), strict=True)
    )
    steps, n = group.part("steps").array(WHOLE, 1), data.shape[1]
    if len(indptr) != form[0] + 1 or len(indices) != n or len(steps) != len(data):
        raise ValueError(f"{len(steps)} steps, {len(indptr)} rows and {len(indices)} columns of data of shape {data.shape}")
    if indptr[0] != 0 or indptr[-1] != n or np.any(np.diff(indptr) < 0):
        raise ValueError("indptr does not rise from 0 to the number of synapses")
    in_range(indices, form[1], "indices")
    return WeightTrace(steps, SparseValues(data, indices, indptr, form))


def _trace(group: Node, ndim: int | None) -> WeightTrace:
    trace = WeightTrace(group.part("steps").array(WHOLE, 1), group.part("values").array(REALS, ndim))
    if trace.values.ndim not in (2, 3) or len(trace.steps) != len(trace.values):
        raise ValueError(f"{len(trace.steps)} steps and values of shape {trace.values.shape}; expected one value per step")
    return trace


def _synapses(root: Node) -> dict[tuple[str, str], WeightTrace]:
    return {
        (name, variable): _trace(group, None)
        for name, projection in root.parts("synapses").items()
        for variable, group in projection.parts("").items()
    }
