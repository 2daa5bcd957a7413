"""The file of a training: one HDF5, with a seal, that opens without neurosim.

Attributes ``format``, ``format_version``, ``network``, ``settings``, ``history``, ``part`` and ``provenance`` (JSON); then
``weights/<projection>``, ``initial/<projection>`` and ``feedback/<projection>``, matrices (n_pre, n_post). A packed file, of
version 2, holds whole numbers, with what they are multiples of in the attribute ``unit``.
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
from neurosim.models.epoch import Epoch
from neurosim.results.provenance import provenance
from neurosim.units import FloatArray

_VERSION, _PACKED_VERSION = 1, 2
"""A packed file holds whole numbers, which a reader of version 1 would take for weights."""
KIND = Kind("neurosim training", "training", (_VERSION, _PACKED_VERSION), "`neurosim train`", "train again")

Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]


class _Packed(BaseModel):
    weight_bits: Annotated[int, Field(ge=1, le=64)]
    clip: float | None
    test_accuracy: Share


class _Settings(BaseModel):
    """Those of the settings that something is made from; older files have fewer, and others are kept as they are."""

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


_SETTINGS = TypeAdapter(_Settings)
_OBJECT = TypeAdapter(dict[str, Any])
_HISTORY = TypeAdapter(tuple[Epoch, ...])
_PART = TypeAdapter(dict[Literal["images", "hits"], Whole])


def save(path: str | Path, network: str, parts: Mapping[str, Any]) -> None:
    """Write the file; it is whole or not there.

    Parameters
    ----------
    network : str
        Name of the network.
    parts : mapping
        What `content` gives back.
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
        for kind in ("weights", "initial", "feedback"):
            for name, matrix in parts[kind].items():
                _write(file, f"{kind}/{name}", matrix, parts["units"].get(name))


def _write(file: Any, name: str, matrix: FloatArray, unit: float | None) -> None:
    data = matrix if unit is None else np.round(matrix / unit).astype(np.int16)
    # Of whole numbers nearly all high bytes are alike.
    written = file.create_dataset(name, data=data, compression="gzip", shuffle=unit is not None)
    if unit is not None:
        written.attrs["unit"] = unit


def described(path: str | Path) -> tuple[dict[str, Any], tuple[Epoch, ...]]:
    """Settings and history of a training's file; its weights are not read.

    Raises
    ------
    DataError
        If the file is missing, damaged or no training.
    """
    with open_hdf5(path, KIND) as root:
        return _settings(root), root.json("history", _HISTORY)


def content(path: str | Path) -> dict[str, Any]:
    """What `Training` is made of, but for its network: "weights" instead, by projection; raises as `described`."""
    with open_hdf5(path, KIND) as root:
        stored = root.parts("weights")
        units = {name: node.positive("unit") for name, node in stored.items() if "unit" in node.item.attrs}
        weights = {name: node.array(REALS, 2) * units.get(name, 1) for name, node in stored.items()}
        return {
            "settings": _settings(root),
            "history": root.json("history", _HISTORY),
            "part": root.json("part", _PART, default="{}"),
            "weights": weights,
            "initial": _matrices(root, "initial", weights),
            "feedback": _matrices(root, "feedback", weights),
            "units": units,
        }


def _settings(root: Node) -> dict[str, Any]:
    root.json("settings", _SETTINGS)
    return root.json("settings", _OBJECT)


def _matrices(root: Node, kind: str, weights: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    """Those of `kind`, each of the shape of the weights."""
    found = {name: node.array(REALS, 2) for name, node in root.parts(kind).items()}
    for name, matrix in found.items():
        if name not in weights or matrix.shape != weights[name].shape:
            raise ValueError(f"{kind}/{name[:100]} has the shape {matrix.shape}, which the weights do not have")
    return found
