"""How a network begins to run: from rest, or from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosim.backends.running import run_file
from neurosim.backends.running.engines import Deployed, engine_of, engine_saved
from neurosim.backends.running.run import Running
from neurosim.checks.described import checked
from neurosim.network.network import Network


@checked
def start(network: Network | Deployed, on: str | None = None, **options: Any) -> Running:
    """Start a network, which then runs in stretches; its state can be read and set between them.

    Parameters
    ----------
    network : Network or Deployment
        The description, or its deployment to a chip.
    on : str, optional
        "emulator" (difference equations in float; the default), "brian2" or "lava"; for a deployment "fixed" (the default),
        "loihi1" or "float" on the emulator, or "lava".
    **options
        For "brian2": ``integration`` ("exact" or "step") and ``target`` ("numpy" or "cython"), as for `simulate`.

    Raises
    ------
    UsageError
        If there is no such execution or option.
    UnsupportedError
        If the execution does not run the network.

    Examples
    --------
    >>> run = start(network, on="emulator")
    >>> run.advance(500 * ms)
    >>> run.weights["in_out"] = run.weights["in_out"] / run.weights["in_out"].sum(axis=0)
    """
    return Running(_described(network), engine_of(network, on, options))


@checked
def resume(path: str | Path, network: Network | Deployed) -> Running:
    """Continue a running network from a file that `Running.save` wrote.

    Parameters
    ----------
    path : str or path
        The file.
    network : Network or Deployment
        What was saved: the same network, or the same deployment.

    Raises
    ------
    DataError
        If the file is missing, damaged, or of another network or deployment.
    """
    saved = run_file.load(path, _described(network))
    run = Running(_described(network), engine_saved(network, Path(path), saved))
    run._restore(saved)
    return run


def _described(network: Network | Deployed) -> Network:
    return network if isinstance(network, Network) else network.network
