"""Building trained networks from the file of a training."""

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
    """Build the trained network in the file of a training; return it and the other content (`training_file.content`).

    Parameters
    ----------
    path : path
        File of a training.
    network : Network, optional
        The untrained network. If left out, it is built again from the model named in the settings.
    trust : bool
        Run a Python file named in the settings even if you are not known to have trained with it.

    Raises
    ------
    DataError
        If the file is missing, damaged or not a training, does not match the network, or names Python code that is not run
        without `trust`.
    """
    found = content(path)
    weights = found.pop("weights")
    base = network or _rebuild(Path(path), found["settings"], weights, trust)
    # Projections that do not learn are those of the model; files from training on a chip do not contain them.
    absent = [p.name for p in base.projections if p.plasticity is not None and p.name not in weights]
    if absent:
        raise DataError(f"{path}: contains no weights of {absent[0]!r} of the network {base.name!r}; train again.")
    try:
        return base.with_weights(weights), found
    except NetworkError as error:
        raise DataError(f"{path}: its weights do not fit the network {base.name!r}: {error}") from error


def _rebuild(where: Path, settings: Mapping[str, Any], weights: Mapping[str, FloatArray], trust: bool) -> Network:
    if not settings.get("model"):
        raise DataError(
            f"{where}: contains the training of a network that was built in Python; pass that network to Training.load."
        )
    _check_sizes(where, settings.get("options", {}), weights)
    try:
        return build(where, settings, trust=trust)
    except ContentError as error:
        raise DataError(f"{where}: its model cannot be built again: {error}") from error


def _check_sizes(where: Path, options: Mapping[str, Any], weights: Mapping[str, FloatArray]) -> None:
    """Check that the model that will be built is not larger than the weights in the file."""
    sizes = options.get("sizes")
    if sizes is None:
        return
    shapes = [w.shape for w in weights.values()]
    pairs = list(zip(sizes, sizes[1:], strict=False)) if isinstance(sizes, list) else [()]
    if not all(pair in shapes or pair[::-1] in shapes for pair in pairs):
        raise DataError(
            f"{where}: the option sizes is {str(sizes)[:80]}, but the weights have shapes {shapes[:8]}; train again."
        )
