"""A recording that is written while its run goes on, and can be read at any time, also after the run was killed.

The file is one of HDF5 in its mode for one writer and many readers: it is consistent at any time. Its layout is that of
`neurosim.results.recording_file` for one sample without the column ``sample``. All arrays grow, and the last row of
``progress`` says how far each of them is complete: the number of steps, and the length of each array in the order of the
attribute ``columns``. A file that was closed has a seal.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from filelock import FileLock
from pydantic import TypeAdapter
from scipy import sparse

from neurosim.errors import NeurosimError
from neurosim.files.atomic import file_of
from neurosim.files.checked import WHOLE, Node, parsed
from neurosim.files.labels import label
from neurosim.files.lock import file_lock, unlock
from neurosim.files.seal import BLOCK, seal_in_place
from neurosim.results.provenance import provenance
from neurosim.results.recording_labels import DESCRIPTION, LABELS, units_by_place
from neurosim.results.run_data import RunData, info_json

FORMAT, STREAMED = "neurosim recording", 3
TRAIN = ("step", "neuron", "payload")
_CHUNK, _NUMBERS = 1 << 12, 1 << 13
_MOST_STEPS = 2**31 - 1
_SPARE = 64 << 20
"""Bytes that stay free on the disk: where it is full, HDF5 cannot even close a file."""
_COLUMNS: TypeAdapter[list[tuple[str, int]]] = TypeAdapter(list[tuple[str, int]])
_INFO = TypeAdapter(Mapping[str, Any])
Key = tuple[str, str]
Looks = Mapping[Key, Sequence[tuple[int, Any]]]
"""(projection, variable) -> (step, value before this step)."""


@dataclass(frozen=True)
class Form:
    """What a run will record.

    Attributes
    ----------
    dt : float
        Seconds of a step.
    sizes : mapping
        Population -> number of neurons.
    states : mapping
        (population, variable) -> number of columns.
    thinned : set
        Those of the states that have steps of their own.
    synapses : mapping
        (projection, variable) -> a value, as it will be recorded.
    info : mapping
        What is known at the start.
    """

    dt: float
    sizes: Mapping[str, int]
    states: Mapping[Key, int] = field(default_factory=dict)
    thinned: frozenset[Key] = frozenset()
    synapses: Mapping[Key, Any] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)


def place_of(key: Key) -> str:
    """Group of a quantity of synapses."""
    projection, variable = key
    return f"weights/{projection}" if variable == "w" else f"synapses/{projection}/{variable}"


def _locked(path: Path) -> FileLock:
    try:
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent}")
        return file_lock(path)
    except OSError as error:
        raise _unwritten(path, error) from None


def _unwritten(path: str | os.PathLike[str], error: OSError) -> NeurosimError:
    return NeurosimError(f"{path}: the recording cannot be written: {' '.join(str(error).split())}.")


class RecordingStream:
    """A file of a recording that grows.

    Parameters
    ----------
    path : path
        File to write; one that is there is replaced.
    form : Form
        What will be recorded.

    Raises
    ------
    NeurosimError
        If the file cannot be written, or another run is writing it.
    """

    def __init__(self, path: str | os.PathLike[str], form: Form) -> None:
        self.path, self._form, self.steps = file_of(path), form, 0
        # HDF5 itself locks no file that is read while it is written.
        self._lock = _locked(self.path)
        try:
            self._file = h5py.File(self.path, "w", libver="latest", userblock_size=BLOCK)
            self._grows: dict[str, tuple[Any, int]] = {}
            self._make()
            self._file.swmr_mode = True
            self._commit()
        except OSError as error:
            unlock(self._lock)
            raise _unwritten(path, error) from None

    def _make(self) -> None:
        form, file = self._form, self._file
        # The order is tracked, so that populations are read in their order and not in alphabetical order.
        file.create_group("spikes", track_order=True)
        for name, n in form.sizes.items():
            for column in TRAIN:
                self._growing(f"spikes/{name}/{column}", (0,), "i4")
            file[f"spikes/{name}"].attrs["n"] = n
        for (name, variable), width in form.states.items():
            self._growing(f"states/{name}/{variable}", (1, 0, width), "f8", axis=1)
        for name, variable in sorted(form.thinned):
            self._growing(f"state_steps/{name}/{variable}", (0,), "i8")
        for key, value in form.synapses.items():
            self._make_trace(place_of(key), value)
        self._growing("ending", (0,), "u1")
        columns = [[place, axis] for place, (_, axis) in self._grows.items()]
        file.attrs.update(
            format=FORMAT, description=DESCRIPTION, format_version=STREAMED, dt=form.dt, samples=1, info=info_json(form.info),
            provenance=json.dumps(provenance()), columns=json.dumps(columns),
        )  # fmt: skip
        wide = 1 + len(self._grows)
        self._progress = file.create_dataset("progress", (0, wide), "i8", maxshape=(None, wide), chunks=(64, wide))
        label(file, LABELS, units_by_place(form.info))

    def _make_trace(self, place: str, value: Any) -> None:
        self._growing(f"{place}/steps", (0,), "i8")
        if not sparse.issparse(value):
            self._growing(f"{place}/values", (0, *np.shape(value)), "f8")
            return
        self._growing(f"{place}/data", (0, value.nnz), "f8")
        self._file[place].attrs.update(n_pre=value.shape[0], n_post=value.shape[1])
        for part in ("indices", "indptr"):
            self._file.create_dataset(f"{place}/{part}", data=getattr(value, part))

    def _growing(self, place: str, shape: tuple[int, ...], kind: str, axis: int = 0) -> None:
        # The size of a chunk decides how much memory a dataset needs, and how large an almost empty file is.
        row = int(np.prod([max(1, n) for k, n in enumerate(shape) if k != axis]))
        chunk = tuple(max(1, min(_CHUNK, _NUMBERS // row)) if k == axis else max(1, n) for k, n in enumerate(shape))
        most = tuple(None if k == axis or n == 0 else n for k, n in enumerate(shape))
        self._grows[place] = self._file.create_dataset(place, shape, kind, maxshape=most, chunks=chunk), axis

    def append(self, piece: RunData, looks: Looks) -> None:
        """Write a piece of the run, which follows those before; steps of `looks` are counted from the beginning of the file.

        Raises
        ------
        NeurosimError
            If the disk is full, or the run has too many steps; what was written before stays readable.
        """
        self._check_room(piece, looks)
        for name, train in piece.spikes.items():
            for column in TRAIN:
                values = getattr(train, column)
                self._add(f"spikes/{name}/{column}", values + np.int32(self.steps) if column == "step" else values)
        for (name, variable), values in piece.states.items():
            self._add(f"states/{name}/{variable}", values)
        for (name, variable), at in piece.state_steps.items():
            self._add(f"state_steps/{name}/{variable}", at + self.steps)
        self._look(looks)
        self.steps += piece.steps
        self._commit()

    def close(self, looks: Looks, info: Mapping[str, Any]) -> None:
        """Write what is known at the end, and seal the file."""
        self._look(looks)
        self._add("ending", np.frombuffer(info_json(info).encode(), np.uint8))
        self._commit()
        self._file.close()
        seal_in_place(self.path)
        unlock(self._lock)

    def _look(self, looks: Looks) -> None:
        for key, seen in looks.items():
            for at, value in seen:
                part = "data" if sparse.issparse(value) else "values"
                numbers = value.data if part == "data" else np.asarray(value)
                self._add(f"{place_of(key)}/steps", np.array([at]))
                self._add(f"{place_of(key)}/{part}", numbers[None])

    def _add(self, place: str, values: Any) -> None:
        data, axis = self._grows[place]
        before, more = data.shape[axis], np.shape(values)[axis]
        if more:
            data.resize(before + more, axis=axis)
            data[(*[slice(None)] * axis, slice(before, None))] = values

    def _commit(self) -> None:
        """Everything lies on the disk before the row that says so."""
        self._file.flush()
        row = [self.steps, *(data.shape[axis] for data, axis in self._grows.values())]
        self._progress.resize(len(self._progress) + 1, axis=0)
        self._progress[-1] = row
        self._file.flush()

    def _check_room(self, piece: RunData, looks: Looks) -> None:
        if self.steps + piece.steps > _MOST_STEPS:
            raise NeurosimError(f"{self.path}: a recording has at most {_MOST_STEPS} steps; begin another file: run.to(...).")
        spikes = 12 * sum(len(train) for train in piece.spikes.values())
        traces = sum(8 * getattr(value, "size", 1) for seen in looks.values() for _, value in seen)
        needed = spikes + sum(values.nbytes for values in piece.states.values()) + traces
        free = shutil.disk_usage(self.path.parent).free
        if free < 2 * needed + _SPARE:
            raise NeurosimError(
                f"{self.path}: {free >> 20} MiB are free on the disk, and the next piece needs {needed >> 20} MiB; make "
                "room, or record less. What was written before can be read."
            )


@dataclass(frozen=True)
class CompletePart(Node):
    """A group or an array of a file that grew; of an array, only what is complete is read.

    Attributes
    ----------
    lengths : mapping
        Place of an array that grew -> (axis, complete length).
    """

    lengths: Mapping[str, tuple[int, int]]

    def parts(self, name: str) -> Mapping[str, Node]:
        return {key: CompletePart(node.item, self.lengths) for key, node in super().parts(name).items()}

    def part(self, name: str) -> Node:
        return CompletePart(super().part(name).item, self.lengths)

    def array(self, kinds: str, ndim: int | None = None) -> Any:
        values = super().array(kinds, ndim)
        axis, length = self.lengths.get(self.item.name.strip("/"), (0, None))
        if length is None:
            return values
        if not (0 <= axis < values.ndim and 0 <= length <= values.shape[axis]):
            raise ValueError(f"{self.item.name} has the shape {values.shape}; expected {length} entries on axis {axis}")
        return values[(*[slice(None)] * axis, slice(0, length))]


def complete(root: Node) -> tuple[Node, int]:
    """The root of what is complete in a file that grew, and the number of steps; ValueError if there is nothing yet."""
    progress, columns = root.part("progress").array(WHOLE, 2), root.json("columns", _COLUMNS)
    if not len(progress) or progress.shape[1] != len(columns) + 1:
        raise ValueError("nothing was written yet")
    steps, *lengths = (int(n) for n in progress[-1])
    if steps < 0:
        raise ValueError(f"found {steps} steps; expected zero or more")
    return CompletePart(root.item, {place: (axis, n) for (place, axis), n in zip(columns, lengths, strict=True)}), steps


def information(root: Node) -> dict[str, Any]:
    """What is known of the run; "ended" says whether the file was closed."""
    ending = root.part("ending").array(WHOLE, 1)
    last: Mapping[str, Any] = parsed(ending.astype(np.uint8).tobytes().decode(), _INFO, "ending") if len(ending) else {}
    first: Mapping[str, Any] = root.json("info", _INFO)
    return {**first, **last, "ended": bool(len(ending))}
