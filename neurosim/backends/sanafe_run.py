"""Runs of a placed network in SANA-FE, in the Python that the variable `NEUROSIM_SANAFE_PYTHON` names.

This process does not import SANA-FE, whose wheels are for some versions of Python only.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.backends.sanafe import write_sanafe
from neurosim.errors import UnsupportedError
from neurosim.program.fixed import FixedProgram, IntArray

if TYPE_CHECKING:
    from neurosim.chip.placement.placement import Placement

VARIABLE = "NEUROSIM_SANAFE_PYTHON"
"""Environment variable with the path of a Python in which SANA-FE is installed."""
VERSION = "2.2.9"
"""Version of SANA-FE that reads the files, and whose constants the file of Loihi 1 contains."""
_ASK = "from importlib.metadata import version; print(version('sanafe'))"
_FOREIGN = ("PYTHONPATH", "PYTHONHOME")


@dataclass(frozen=True)
class SanafeRun:
    """What SANA-FE computed.

    Attributes
    ----------
    spikes : mapping
        Population -> spikes as rows of (step, neuron), sorted.
    joule : mapping
        Part of the chip -> energy: "synapse", "dendrite", "soma", "network" and "total".
    second : float
        Time that the chip needs for all steps.
    """

    spikes: Mapping[str, IntArray]
    joule: Mapping[str, float]
    second: float


def sanafe_missing() -> str:
    """Why this computer cannot run SANA-FE; "" if it can."""
    named = os.environ.get(VARIABLE)
    remedy = f"Install it in an environment of its own (pip install sanafe=={VERSION}) and set {VARIABLE} to its Python."
    if not named:
        return f"{VARIABLE} names no Python with SANA-FE {VERSION}. {remedy}"
    try:
        asked = subprocess.run([named, "-c", _ASK], capture_output=True, text=True, env=_environment(), check=False)
    except OSError as error:
        return f"{VARIABLE}={named}: cannot be started ({error}). {remedy}"
    found = asked.stdout.strip() if asked.returncode == 0 else "no SANA-FE"
    return "" if found == VERSION else f"{VARIABLE}={named}: found {found}, expected SANA-FE {VERSION}. {remedy}"


def run_sanafe(program: FixedProgram, placement: Placement, steps: int) -> SanafeRun:
    """Run a placed network in SANA-FE.

    Parameters
    ----------
    program : FixedProgram
        A network that `neurosim.backends.sanafe.write_sanafe` writes.
    placement : Placement
        Its cores.
    steps : int
        Number of time steps.

    Raises
    ------
    UnsupportedError
        If SANA-FE is not installed, computes something else, or fails.
    """
    missing = sanafe_missing()
    if missing:
        raise UnsupportedError(missing)
    with tempfile.TemporaryDirectory(prefix="neurosim-sanafe-") as place:
        folder = write_sanafe(program, placement, Path(place) / "network")
        command = [os.environ[VARIABLE], "run.py", str(steps)]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_environment(), check=False)
    if ran.returncode:
        raise UnsupportedError(f"SANA-FE failed: {ran.stderr.strip()[-500:]}")
    return _read(json.loads(ran.stdout.strip().splitlines()[-1]), program)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


def _read(found: Mapping[str, Any], program: FixedProgram) -> SanafeRun:
    rows: dict[str, list[tuple[int, int]]] = {f"p{number}": [] for number in range(len(program.populations))}
    for step, neuron in found["spikes"]:
        group, number = neuron.split(".")[:2]
        rows[group].append((step, int(number)))
    names = [p.name for p in program.populations]
    spikes = {name: np.array(sorted(own), np.int64).reshape(-1, 2) for name, own in zip(names, rows.values(), strict=True)}
    return SanafeRun(spikes, {part: float(joule) for part, joule in found["energy"].items()}, float(found["seconds"]))
