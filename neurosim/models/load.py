"""Networks by name or from a file, trained ones included."""

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
        A name out of ``neurosim models``, the path of a Python file with ``build(...)``, or of a trained ``.h5`` file.
    trust : bool
        Whether a Python file that a trained ``.h5`` names as its model is run, though it is not known to be one that you ran.
    **options
        Given to ``build``; a trained network keeps those it was trained with.

    Raises
    ------
    ContentError
        If there is no such model or option, or the file fails; names the line.
    DataError
        If a trained file is missing, damaged or something else, or names code that is not run unasked.
    """
    if is_trained(name):
        return _trained(name, options, trust)
    return build_model(name, options)


def network_of_origin(where: Path, origin: Mapping[str, Any], *, trust: bool = False) -> Network:
    """The network that the file `where` names as its origin, which may be a trained one; raises as `origin.build`."""
    if is_trained(origin["model"]):
        model, options = known_origin(where, origin, trust)
        return load_model(model, trust=trust, **options)
    return build(where, origin, trust=trust)


def _trained(name: str | os.PathLike[str], options: Mapping[str, Any], trust: bool) -> Network:
    if options:
        option, value = next(iter(options.items()))
        who = f"--set {option}={value!r}: {os.fspath(name)}"
        raise UsageError(f"{who} is a trained network and keeps the options it was trained with.")
    path = content_path("trained", name) if name in list_content("trained") else Path(name)
    return trained_network(path, trust=trust)[0]
