"""The file of a running network: one HDF5 file with a seal, from which it continues bit for bit.

It has the attributes ``format``, ``format_version``, ``engine``, ``network`` (digest of the description), ``program`` (JSON,
the digest of the program of a deployment; missing in older files), ``rules`` (JSON), ``provenance``, and the groups ``state``,
``inputs``, ``signals`` and ``currents``, each with one array per name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from neurosim.backends.running.digest import digest
from neurosim.errors import DataError
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.files.labels import label
from neurosim.network.network import Network
from neurosim.results.provenance import provenance

KIND = Kind("neurosim running network", "running network", (1,), "Running.save", "start the run again")
_RULES = TypeAdapter(dict[str, dict[str, float]])
_OPTIONS = TypeAdapter(dict[str, str])
_PROVENANCE = TypeAdapter(dict[str, str])
_PROGRAM = TypeAdapter(str | None)
_NAMES = TypeAdapter(dict[str, dict[str, bool]])
_LABELS = {"*/*": ("1", "Memory of the execution, in its own numbers; the attribute name says of what")}
_GROUPS = ("state", "inputs", "signals", "currents")


@dataclass(frozen=True)
class Saved:
    """The complete state of a running network.

    Attributes
    ----------
    engine, options
        Name of the execution, and its options.
    rules : mapping
        Projection -> parameters of its rule.
    frozen : bool
        Whether weights are frozen.
    arrays : mapping
        "state", "inputs", "signals" and "currents" -> arrays by name.
    program : str or None
        Digest of the program of a deployment with which the run began; "" for that of the network itself, None in older files.
    """

    engine: str
    options: Mapping[str, str]
    rules: Mapping[str, Mapping[str, float]]
    frozen: bool
    arrays: Mapping[str, Mapping[str, Any]]
    program: str | None = None


def save(path: str | Path, network: Network, saved: Saved) -> None:
    """Write the state of a running `network`; the file is complete or not there."""
    with atomic_hdf5(path) as file:
        file.attrs.update(
            format=KIND.title,
            format_version=1,
            engine=saved.engine,
            options=json.dumps(saved.options),
            network=digest(network),
            program=json.dumps(saved.program),
            rules=json.dumps(saved.rules),
            frozen=int(saved.frozen),
            names=json.dumps({group: {n: _is_text(a) for n, a in named.items()} for group, named in saved.arrays.items()}),
            provenance=json.dumps(provenance()),
        )
        for group, named in saved.arrays.items():
            made = file.create_group(group)
            for k, array in enumerate(named.values()):
                made.create_dataset(str(k), data=_stored(array))
        label(file, _LABELS)
        for group, named in saved.arrays.items():
            for k, name in enumerate(named):
                file[f"{group}/{k}"].attrs["name"] = name


def load(path: str | Path, network: Network) -> Saved:
    """The state in a file that `save` wrote for this network; errors are those of `neurosim.resume`."""
    with open_hdf5(path, KIND) as root:
        if root.text("network") != digest(network):
            by = root.json("provenance", _PROVENANCE)
            raise DataError(
                f"{path} is of another network than {network.name!r}: its description differs. Resume with the network that "
                f"was saved, in the same version of neurosim ({by.get('neurosim')}, {by.get('commit')}) if that has changed."
            )
        listed = root.json("names", _NAMES)
        arrays = {
            group: {name: _read(root.part(group).part(str(k)), text) for k, (name, text) in enumerate(listed[group].items())}
            for group in _GROUPS
        }
        options, rules = root.json("options", _OPTIONS), root.json("rules", _RULES)
        program = root.json("program", _PROGRAM, "null")
        return Saved(root.text("engine"), options, rules, bool(root.whole("frozen", 0)), arrays, program)


def _stored(array: Any) -> Any:
    """An array of numbers; a text is stored as its bytes."""
    return np.frombuffer(str(array).encode(), np.uint8) if _is_text(array) else np.asarray(array)


def _is_text(array: Any) -> bool:
    return bool(np.asarray(array).dtype.kind == "U")


def _read(node: Any, text: bool) -> Any:
    array = node.array("biuf")
    return np.array(array.astype(np.uint8).tobytes().decode()) if text else array
