"""The file of a running network: one HDF5 file with a seal, from which it continues bit for bit.

It has the attributes ``format``, ``format_version``, ``engine``, ``network`` (digest of the description), ``rules``
(JSON), ``provenance``, and the groups ``state``, ``inputs`` and ``signals``, each with one array per name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from neurosim.errors import DataError
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.results.provenance import provenance

if TYPE_CHECKING:
    from neurosim.backends.deployment import Deployment
    from neurosim.backends.running.run import Running
    from neurosim.network.network import Network

KIND = Kind("neurosim running network", "running network", (1,), "Running.save", "start the run again")
_RULES = TypeAdapter(dict[str, dict[str, float]])
_OPTIONS = TypeAdapter(dict[str, str])
_GROUPS = ("state", "inputs", "signals")


def save(run: Running, path: str | Path) -> None:
    """Write the state of `run`; the file is complete or not there."""
    arrays = {"state": run._engine.memory(), "inputs": run.inputs.memory(), "signals": run.signals.memory()}
    with atomic_hdf5(path) as file:
        file.attrs.update(
            format=KIND.title,
            format_version=1,
            engine=run._engine.name,
            options=json.dumps(run._engine.options),
            network=digest(run.network),
            rules=json.dumps({name: dict(rule.parameters) for name, rule in run.constants.rules.items()}),
            frozen=int(run.constants.frozen),
            names=json.dumps({group: {n: _is_text(a) for n, a in named.items()} for group, named in arrays.items()}),
            provenance=json.dumps(provenance()),
        )
        for group, named in arrays.items():
            made = file.create_group(group)
            for k, array in enumerate(named.values()):
                made.create_dataset(str(k), data=_stored(array))


def load(path: str | Path, network: Network | Deployment) -> Running:
    """Start `network` on the execution that the file names, and put it into the stored state; errors are those of `resume`."""
    from neurosim.backends.running.run import start
    from neurosim.network.network import Network as Described

    names = TypeAdapter(dict[str, dict[str, bool]])
    with open_hdf5(path, KIND) as root:
        described = network if isinstance(network, Described) else network.network
        if root.text("network") != digest(described):
            raise DataError(
                f"{path} is of another network than {described.name!r}: its description differs. Resume with the network that "
                "was saved."
            )
        on, options = root.text("engine"), root.json("options", _OPTIONS)
        rules, frozen, listed = root.json("rules", _RULES), root.whole("frozen", 0), root.json("names", names)
        arrays = {
            group: {name: _read(root.part(group).part(str(k)), text) for k, (name, text) in enumerate(listed[group].items())}
            for group in _GROUPS
        }
    run = start(network, on=_on(path, on, isinstance(network, Described)), **options)
    changed = {name: rule.with_parameters(rules[name]) for name, rule in run.constants.rules.items()}
    if frozen or rules != {name: dict(rule.parameters) for name, rule in run.constants.rules.items()}:
        run.constants.apply(changed, bool(frozen))
    run._engine.restore(arrays["state"])
    run.inputs.restore(arrays["inputs"])
    run.signals.restore(arrays["signals"])
    run._first = run.step
    return run


def digest(network: Network) -> str:
    """Digest of everything that determines what a network does."""
    return hashlib.sha256(repr(_plain(network)).encode()).hexdigest()


def _on(path: Any, engine: str, described: bool) -> str:
    """The argument ``on`` of `start` for the name of an engine."""
    family, _, rest = engine.partition(" ")
    wanted = {"emulator": "emulator" if described else rest, "Brian2": "brian2"}[family]
    if described and rest in ("fixed", "loihi1"):
        raise DataError(f"{path} was saved on a chip ({engine}); resume with the deployment instead of the network.")
    return wanted


def _plain(value: Any) -> Any:
    """A description as nested tuples of plain values; arrays as their digest."""
    from dataclasses import fields, is_dataclass

    from scipy import sparse

    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *((f.name, _plain(getattr(value, f.name))) for f in fields(value)))
    if isinstance(value, Mapping):
        return tuple((str(key), _plain(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if sparse.issparse(value):
        whole = sparse.csr_array(value)
        return ("sparse", *map(_plain, (whole.data, whole.indices, whole.indptr)), whole.shape)
    if isinstance(value, np.ndarray):
        return (value.shape, str(np.asarray(value).dtype), hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest())
    return repr(value)


def _stored(array: Any) -> Any:
    """An array of numbers; a text is stored as its bytes."""
    return np.frombuffer(str(array).encode(), np.uint8) if _is_text(array) else np.asarray(array)


def _is_text(array: Any) -> bool:
    return bool(np.asarray(array).dtype.kind == "U")


def _read(node: Any, text: bool) -> Any:
    array = node.array("biuf")
    return np.array(array.astype(np.uint8).tobytes().decode()) if text else array
