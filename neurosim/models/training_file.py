"""The file of a training: one HDF5 file with a seal, which opens without neurosim.

It has the attributes ``format``, ``format_version``, ``network``, ``settings``, ``history``, ``part`` and ``provenance`` (JSON)
and the matrices (n_pre, n_post) ``weights/<projection>``, ``initial/<projection>`` and ``feedback/<projection>``; for a
convolution, these are kernels (channels_out, channels_in, k, k). A packed file, of version 2, contains integers; the attribute
``unit`` of a matrix is the factor by which they are multiplied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from neurosim.files.checked import REALS, Node
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.files.labels import UNKNOWN, Labels, label
from neurosim.models.epoch import Epoch
from neurosim.results.provenance import provenance
from neurosim.units import FloatArray

_VERSION, _PACKED_VERSION = 1, 2
"""A packed file has its own version, because a reader of version 1 would take its integers for weights."""
_NOUN = "training of a spiking network"
KIND = Kind("neurosim training", _NOUN, (_VERSION, _PACKED_VERSION), "`neurosim train`", "train again")

Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]


class _Packed(BaseModel):
    weight_bits: Annotated[int, Field(ge=1, le=64)]
    clip: float | None
    test_accuracy: Share


class _Settings(BaseModel):
    """Settings that neurosim uses, with their types; older files have fewer, and other settings are kept unchecked."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    model_sha256: str | None = None
    model_run_by: str | None = None
    options: dict[str, Any] = {}
    data: str | None = None
    held_out: dict[str, Whole] = {}
    checksums: dict[str, str] = {}
    sizes: list[Annotated[int, Field(ge=1)]] = []
    seed: int = 0
    eta_decay: float = 0.0
    dropout: dict[str, float] = {}
    shift: dict[str, Whole] = {}
    batch: Annotated[int, Field(ge=1)] = 1
    packed: _Packed | None = None


_KINDS = ("weights", "initial", "feedback")
_MATRIX = "matrix of pre by post neurons, or kernel of a convolution, per projection"
_LABELS: Labels = {
    "weights/*": (UNKNOWN, f"Weights after training: {_MATRIX}. With an attribute unit they are integers, times unit in SI"),
    "initial/*": (UNKNOWN, f"Weights before training: {_MATRIX}"),
    "feedback/*": ("1", f"Feedback weights: {_MATRIX}"),
}
_SETTINGS = TypeAdapter(_Settings)
_OBJECT = TypeAdapter(dict[str, Any])
_HISTORY = TypeAdapter(tuple[Epoch, ...])
_PART = TypeAdapter(dict[Literal["images", "hits"], Whole])


def save(path: str | Path, network: str, parts: Mapping[str, Any]) -> None:
    """Write the file of a training, completely or not at all.

    Parameters
    ----------
    path : path
        File to write.
    network : str
        Name of the network.
    parts : mapping
        Content of the file, with the keys of the result of `content`, and "si": projection -> SI unit of its weights.
    """
    with atomic_hdf5(path) as file:
        file.attrs.update(
            format=KIND.title,
            format_version=_PACKED_VERSION if parts["units"] else _VERSION,
            network=network,
            settings=json.dumps(dict(parts["settings"]), sort_keys=True),
            history=json.dumps([asdict(e) for e in parts["history"]]),
            part=json.dumps(dict(parts["part"])),
            provenance=json.dumps(provenance()),
        )
        for kind in _KINDS:
            for name, matrix in parts[kind].items():
                _write(file, f"{kind}/{name}", matrix, parts["units"].get(name))
        label(file, _LABELS, {f"{kind}/{name}": unit for kind in _KINDS for name, unit in parts.get("si", {}).items()})


def _write(file: Any, name: str, matrix: FloatArray, unit: float | None) -> None:
    data = matrix if unit is None else np.round(matrix / unit).astype(np.int16)
    # Nearly all high bytes of the integers are equal, so shuffling bytes makes them compress better.
    written = file.create_dataset(name, data=data, compression="gzip", shuffle=unit is not None)
    if unit is not None:
        written.attrs["unit"] = unit


def described(path: str | Path) -> tuple[dict[str, Any], tuple[Epoch, ...]]:
    """Settings and history in the file of a training; the weights are not read.

    Raises
    ------
    DataError
        If the file is missing, damaged or not a training.
    """
    with open_hdf5(path, KIND) as root:
        return _settings(root), root.json("history", _HISTORY)


def content(path: str | Path) -> dict[str, Any]:
    """Content of the file of a training: the attributes of `Training`, with "weights" by projection instead of the network.

    Raises
    ------
    DataError
        If the file is missing, damaged or not a training.
    """
    with open_hdf5(path, KIND) as root:
        stored = root.parts("weights")
        units = {name: node.positive("unit") for name, node in stored.items() if "unit" in node.item.attrs}
        weights = {name: _matrix(node) * units.get(name, 1) for name, node in stored.items()}
        return {
            "settings": _settings(root),
            "history": root.json("history", _HISTORY),
            "part": root.json("part", _PART, default="{}"),
            "weights": weights,
            "initial": _matrices(root, "initial", weights),
            "feedback": _matrices(root, "feedback", weights),
            "units": units,
        }


def _matrix(node: Node) -> FloatArray:
    """A matrix, or the kernel of a convolution."""
    found = node.array(REALS)
    if found.ndim not in (2, 4):
        raise ValueError(f"{node.item.name} has the shape {found.shape}; expected a matrix, or a kernel of four dimensions")
    return found


def _settings(root: Node) -> dict[str, Any]:
    root.json("settings", _SETTINGS)
    return root.json("settings", _OBJECT)


def _matrices(root: Node, kind: str, weights: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    """Matrices of one kind by projection; each must have the shape of the weights."""
    found = {name: _matrix(node) for name, node in root.parts(kind).items()}
    for name, matrix in found.items():
        if name not in weights or matrix.shape != weights[name].shape:
            raise ValueError(f"{kind}/{name[:100]} has the shape {matrix.shape}, which is not that of the weights")
    return found
