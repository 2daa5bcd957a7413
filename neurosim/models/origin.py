"""Origin of a result: the model that its file names, and whether that model may be built again.

A model of the catalogue may be built, because its code came with neurosim. The path of a Python file is code on this machine
that a file from somebody else could choose. It is therefore run only if this user has run exactly the same text on this machine
before, which a signature of its SHA-256 shows, or if the caller passes `trust`. A NIR file is data, so only its checksum has to
be the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.content.catalogue import list_content
from neurosim.errors import DataError, UsageError, shown
from neurosim.files import trust as signatures
from neurosim.files.bounds import size_of
from neurosim.models.builders import build_model, is_nir, is_trained
from neurosim.network.network import Network

_PURPOSE = "model"
_LARGEST = 4 << 30


def origin_of(model: str | os.PathLike[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Entries ``model`` and ``options`` for a file; for a user's own model also its checksum and signature."""
    name = os.fspath(model)
    origin = {"model": name, "options": dict(options)}
    if _in_catalogue(name) or not Path(model).is_file():
        return origin
    digest = _digest(Path(model))
    return {**origin, "model_sha256": digest, "model_run_by": signatures.signature(_PURPOSE, digest.encode())}


def stored_origin(origin: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a training stores of the `origin` that its caller gave, which says "model" and, if it has some, "options".

    Raises
    ------
    UsageError
        If it says something else.
    """
    if origin is None:
        return {}
    model, options = origin.get("model"), origin.get("options", {})
    if not (isinstance(model, str | os.PathLike) and isinstance(options, Mapping) and _is_plain({**origin, "model": ""})):
        raise UsageError(
            f"origin = {shown(dict(origin))}; expected the name of a model, and options of plain values, such as "
            '{"model": "desire_mlp", "options": {"sizes": [784, 100, 10]}}.'
        )
    return {**origin, **origin_of(model, options)}


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def build(where: Path, origin: Mapping[str, Any], *, trust: bool = False) -> Network:
    """Build the untrained network that the file `where` names as its origin.

    Parameters
    ----------
    where : path
        File that names the origin, for messages.
    origin : mapping
        Origin that `origin_of` returned when the file was written.
    trust : bool
        Run a Python file in any case.

    Raises
    ------
    DataError
        If the model is a Python file that this user has not run on this machine, or a trained network.
    ContentError
        If the model or an option does not exist, or fails.
    """
    model, options = known_origin(where, origin, trust)
    if is_trained(model):
        raise DataError(
            f"{where}: names the trained network {model!r} as its model; expected an untrained model. Train it again."
        )
    return build_model(model, options)


def known_origin(where: Path, origin: Mapping[str, Any], trust: bool) -> tuple[str, Mapping[str, Any]]:
    """Name and options of a model that may be built; raise DataError if it may not."""
    model, options = origin["model"], origin.get("options", {})
    if not (isinstance(model, str) and isinstance(options, Mapping)):
        found = str((model, options))[:80]
        raise DataError(f"{where}: found the model and options {found}; expected a name, and a mapping of names to values.")
    if not (_in_catalogue(model) or trust):
        _check_known(where, model, origin, code=not is_nir(model))
    return model, options


def _in_catalogue(model: str) -> bool:
    return model in list_content("models") or model in list_content("trained")


def _check_known(where: Path, model: str, origin: Mapping[str, Any], code: bool) -> None:
    path, then = Path(model).expanduser(), str(origin.get("model_sha256", ""))
    if not path.is_file():
        raise DataError(
            f"{where}: names the model {model[:200]!r}, which is neither in the catalogue ('neurosim models') nor a file here; "
            "change to the folder in which it was trained, or pass the network to Training.load."
        )
    if code and not signatures.made_here(_PURPOSE, then.encode(), str(origin.get("model_run_by", ""))):
        raise DataError(_refusal(where, path, "and it is not known that you ran this code here before"))
    if _digest(path) != then:
        if not code:
            raise DataError(f"{where}: names the NIR file {str(path)[:200]!r}, which has changed since. Run the model again.")
        raise DataError(_refusal(where, path, "and that file has changed since"))


def _refusal(where: Path, path: Path, why: str) -> str:
    return (
        f"{where}: names the model file {str(path)[:200]!r}, which would be run, {why}. Read {path.name[:100]!r}; if you "
        "trust it, add --trust (trust=True in Python), or pass the network to Training.load."
    )


def _digest(path: Path) -> str:
    size_of(path, _LARGEST)
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()
