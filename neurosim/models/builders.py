"""Models as Python files: one network per file in ``models/``, or your own file with ``build(...) -> Network``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import call, load_function
from neurosim.errors import ContentError, unknown_name
from neurosim.network import Network
from neurosim.nir import from_nir

_TRAINED = (".h5", ".hdf5")
_NIR = ".nir"


def build_model(name: str | os.PathLike[str], options: Mapping[str, Any]) -> Network:
    """Build the network of a model, given by its name or by the path of its Python file or NIR file.

    Raises
    ------
    ContentError
        If there is no such model or option, or the Python file fails.
    DataError, NetworkError
        If the NIR file is damaged, or cannot be expressed; see `neurosim.nir.from_nir`.
    """
    if is_nir(name):
        return from_nir(name, **options).network
    if isinstance(name, str) and name.isidentifier() and name not in list_content("models"):
        names = [*list_content("models"), *list_content("trained")]
        raise ContentError(unknown_name("model", name, names))
    path = content_path("models", name)
    network = call(path, load_function(path, "build"), options)
    if not isinstance(network, Network):
        raise ContentError(f"{path}: build() returned {type(network).__name__}; expected a neurosim.Network.")
    return network


def is_nir(name: Any) -> bool:
    """Whether a name is the path of a NIR file."""
    return str(name).endswith(_NIR)


def is_trained(name: Any) -> bool:
    """Whether a name or path is that of a trained network.

    Parameters
    ----------
    name : str or path
        Name of a model, or path of a file.
    """
    return str(name).endswith(_TRAINED) or name in list_content("trained")
