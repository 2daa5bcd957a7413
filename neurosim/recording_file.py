"""A recording as one HDF5 file that opens without neurosim.

Attributes ``format``, ``format_version``, ``dt`` (seconds), ``steps``, ``samples``, ``info`` and ``provenance`` (JSON); then

- ``spikes/<population>``: ``sample``, ``step``, ``neuron``, ``payload``; attribute ``n``,
- ``states/<population>/<variable>``: (samples, steps, neurons), SI,
- ``weights/<projection>``: ``steps`` and ``values`` (times, n_pre, n_post), SI,
- ``synapses/<projection>/<variable>``: the same of tags (matrices) and traces (times, n).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.data.hdf5 import atomic_hdf5
from neurosim.errors import DataError
from neurosim.provenance import provenance
from neurosim.recording import Recording, Spikes, WeightTrace, info_json
from neurosim.units import FloatArray

FORMAT = "neurosim recording"
VERSION = 1
_COLUMNS = ("sample", "step", "neuron", "payload")


def save(recording: Recording, path: str | os.PathLike[str]) -> None:
    """Write `recording` to `path`; whoever reads meanwhile sees the old file or the new one.

    Raises
    ------
    DataError
        If info holds a value that JSON cannot.
    NeurosimError
        If the file cannot be written.
    """
    info = info_json(recording.info)
    with atomic_hdf5(path) as file:
        file.attrs.update(
            format=FORMAT,
            format_version=VERSION,
            dt=recording.dt,
            steps=recording.steps,
            samples=recording.samples,
            info=info,
            provenance=json.dumps(provenance()),
        )
        # Tracked, so that populations come back in their order and not by the alphabet.
        trains = file.create_group("spikes", track_order=True)
        for name, spikes in recording.spikes.items():
            group = trains.create_group(name)
            group.attrs["n"] = recording.sizes[name]
            for column in _COLUMNS:
                _write(group, column, getattr(spikes, column))
        for (name, variable), values in recording.states.items():
            _write(file, f"states/{name}/{variable}", values)
        for name, trace in recording.weights.items():
            _write(file, f"weights/{name}/steps", trace.steps)
            _write_by_row(file, f"weights/{name}/values", trace.values)
        for (name, variable), trace in recording.synapses.items():
            _write(file, f"synapses/{name}/{variable}/steps", trace.steps)
            _write_by_row(file, f"synapses/{name}/{variable}/values", trace.values)


def _write(group: Any, name: str, values: Any) -> None:
    array = np.asarray(values)
    # HDF5 compresses chunks, and an empty or scalar array has none.
    group.create_dataset(name, data=array, **({"compression": "gzip"} if array.size else {}))


def _write_by_row(file: Any, name: str, values: Any) -> None:
    # Fixed weights come as one matrix seen many times; all at once they might not fit into memory.
    chunk = (1, *values.shape[1:])
    dataset = file.create_dataset(name, values.shape, values.dtype, chunks=chunk, compression="gzip")
    for k, matrix in enumerate(values):
        dataset[k] = matrix


def load(path: str | os.PathLike[str]) -> Recording:
    """Read what `save` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another kind or of a version that this neurosim does not know.
    """
    where = Path(path)
    if not where.is_file():
        raise DataError(f"{where}: no such file; check the path, or write it with Recording.save.")
    try:
        with h5py.File(where, "r") as file:
            _check_format(where, file.attrs)
            return _read(file)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise DataError(
            f"{where}: damaged, cut off or not HDF5 ({error}); save the recording again, or copy it anew."
        ) from error


def _check_format(where: Path, attributes: Mapping[str, Any]) -> None:
    if attributes.get("format") != FORMAT:
        raise DataError(f"{where}: an HDF5 file, but no recording; expected one that Recording.save wrote.")
    version = attributes["format_version"]
    if version != VERSION:
        raise DataError(
            f"{where}: format version {version}, and this neurosim reads {VERSION}; "
            "read it with the neurosim that wrote it, or save the recording again."
        )


def _read(file: Any) -> Recording:
    spikes = file.get("spikes", {})
    return Recording(
        dt=float(file.attrs["dt"]),
        steps=int(file.attrs["steps"]),
        samples=int(file.attrs["samples"]),
        sizes={name: int(group.attrs["n"]) for name, group in spikes.items()},
        spikes={name: Spikes(*(group[column][()] for column in _COLUMNS)) for name, group in spikes.items()},
        states=_states(file.get("states", {})),
        weights={name: _trace(group) for name, group in file.get("weights", {}).items()},
        synapses=_synapses(file.get("synapses", {})),
        info=json.loads(file.attrs["info"]),
    )


def _states(states: Mapping[str, Any]) -> dict[tuple[str, str], FloatArray]:
    return {(name, variable): group[variable][()] for name, group in states.items() for variable in group}


def _trace(group: Any) -> WeightTrace:
    return WeightTrace(group["steps"][()], group["values"][()])


def _synapses(projections: Mapping[str, Any]) -> dict[tuple[str, str], WeightTrace]:
    return {(name, variable): _trace(group[variable]) for name, group in projections.items() for variable in group}
