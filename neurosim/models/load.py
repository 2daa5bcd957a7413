"""Loading networks and trained networks by name or from a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.content.catalogue import content_path, list_content
from neurosim.errors import UsageError
from neurosim.models.builders import build_model, is_trained
from neurosim.models.origin import build, known_origin
from neurosim.models.trained import trained_network
from neurosim.network import Network


def load_model(name: str | os.PathLike[str], *, trust: bool = False, **options: Any) -> Network:
    """Build the network of a model.

    Parameters
    ----------
    name : str or path
        Name from ``neurosim models``, or path of a Python file with ``build(...)``, of an ``.h5`` file of a trained network, or
        of a ``.nir`` file.
    trust : bool
        Run the Python file that an ``.h5`` file names as its model even if you are not known to have run it before.
    **options
        Options for ``build``, or for `neurosim.nir.from_nir`; a trained network keeps those it was trained with.

    Raises
    ------
    UsageError
        If options are given for a trained network.
    ContentError
        If there is no such model or option, or the file fails; the message names the line.
    DataError
        If the file of a trained network is missing, damaged or of another kind, or names code that is not run without `trust`.
    """
    if is_trained(name):
        return _trained(name, options, trust)
    return build_model(name, options)


def network_of_origin(where: Path, origin: Mapping[str, Any], *, trust: bool = False) -> Network:
    """Build the network that the file `where` names as its origin, which may be a trained one.

    The errors are those of `neurosim.models.origin.build`.
    """
    if is_trained(origin["model"]):
        model, options = known_origin(where, origin, trust)
        return load_model(model, trust=trust, **options)
    return build(where, origin, trust=trust)


def _trained(name: str | os.PathLike[str], options: Mapping[str, Any], trust: bool) -> Network:
    if options:
        option, value = next(iter(options.items()))
        who = f"--set {option}={value!r}: {os.fspath(name)}"
        raise UsageError(f"{who} is a trained network, whose options cannot be changed; leave the option out.")
    path = content_path("trained", name) if name in list_content("trained") else Path(name)
    return trained_network(path, trust=trust)[0]
