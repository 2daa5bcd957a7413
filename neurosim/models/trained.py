"""Trained networks, built again from the file of a training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import ContentError, DataError, NetworkError
from neurosim.models.origin import build
from neurosim.models.training_file import content
from neurosim.network import Network
from neurosim.units import FloatArray


def trained_network(
    path: str | Path, network: Network | None = None, *, trust: bool = False
) -> tuple[Network, dict[str, Any]]:
    """The network of a training's file with the trained weights, and what else the file holds (`training_file.content`).

    Parameters
    ----------
    network : Network, optional
        The untrained description; if left out it is built again from the model that the settings name.
    trust : bool
        Whether a Python file that the settings name is run, though it is not known to be one that you trained.

    Raises
    ------
    DataError
        If the file is missing, damaged, no training, does not fit the network, or names code that is not run unasked.
    """
    found = content(path)
    weights = found.pop("weights")
    base = network or _rebuild(Path(path), found["settings"], weights, trust)
    absent = [p.name for p in base.projections if p.name not in weights]
    if absent:
        raise DataError(f"{path}: has no weights of {absent[0]!r} of the network {base.name!r}; train again.")
    try:
        return base.with_weights(weights), found
    except NetworkError as error:
        raise DataError(f"{path}: its weights do not fit the network {base.name!r}: {error}") from error


def _rebuild(where: Path, settings: Mapping[str, Any], weights: Mapping[str, FloatArray], trust: bool) -> Network:
    if not settings.get("model"):
        raise DataError(f"{where}: was trained from a network in Python; pass that network to Training.load.")
    _check_sizes(where, settings.get("options", {}), weights)
    try:
        return build(where, settings, trust=trust)
    except ContentError as error:
        raise DataError(f"{where}: its model cannot be built again: {error}") from error


def _check_sizes(where: Path, options: Mapping[str, Any], weights: Mapping[str, FloatArray]) -> None:
    """That the model is not built larger than the weights in the file."""
    sizes = options.get("sizes")
    if sizes is None:
        return
    shapes = [w.shape for w in weights.values()]
    pairs = list(zip(sizes, sizes[1:], strict=False)) if isinstance(sizes, list) else [()]
    if not all(pair in shapes or pair[::-1] in shapes for pair in pairs):
        raise DataError(f"{where}: the option sizes is {str(sizes)[:80]}, the weights have shapes {shapes[:8]}; train again.")
