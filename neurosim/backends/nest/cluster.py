"""A run in NEST that the user starts, for example under MPI on a cluster: all of its files in one folder, and its recording."""

from __future__ import annotations

import os
from collections.abc import Set
from pathlib import Path
from typing import Any

from neurosim.backends.nest.export import nest_script, write_script
from neurosim.backends.nest.runner import check_probes, listed_spikes, read_results, recorded
from neurosim.errors import DataError
from neurosim.files.npz import write_npz
from neurosim.network.network import Network
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.unit_conversion import described
from neurosim.results.recording import Recording


def write_run(
    network: Network,
    duration: Any,
    folder: str | os.PathLike[str],
    *,
    images: Any = None,
    labels: Any = None,
    allow: Set[str] = frozenset(),
) -> Path:
    """Write a network, its input spikes and its probes as a folder that runs in NEST without neurosim.

    Start it, from any folder, with ``python network.py @arguments.txt``, or under MPI with
    ``mpirun -n 4 python network.py @arguments.txt``; `read_run` reads the results.

    Parameters
    ----------
    network : Network
        The description.
    duration : time
        Duration of a sample.
    folder : path
        Folder for the files; it is created if missing, and files of an earlier export are replaced.
    images, labels
        As for `neurosim.simulate`.
    allow : set of str
        Names of the differences that are accepted, see `neurosim.backends.nest.differences.DIFFERENCES`.

    Returns
    -------
    Path
        Path of ``network.py``.

    Raises
    ------
    UnsupportedError
        If NEST has nothing that means the same as a part of the network; the message names the part.
    NetworkError
        If duration, images or labels do not fit the network.
    """
    program, given = lower(network), run_arguments(network, duration, images, labels)
    script, place = nest_script(program, allow), Path(folder)
    check_probes(script, given["probes"], given["watch"])
    path = write_script(program, place, allow=allow)
    write_npz(place / "inputs.npz", listed_spikes(program, given["inputs"]))
    lines = ["--steps", str(given["steps"]), *recorded(script, given["probes"], given["watch"])]
    (place / "arguments.txt").write_text("\n".join(lines) + "\n")
    return path


def read_run(
    network: Network,
    duration: Any,
    folder: str | os.PathLike[str],
    *,
    images: Any = None,
    labels: Any = None,
    allow: Set[str] = frozenset(),
) -> Recording:
    """The recording of a folder that `write_run` wrote, after it ran; arguments are those of `write_run`.

    Parameters
    ----------
    network : Network
        The network that ran.
    duration : time
        Duration of a sample.
    folder : str or path
        The folder that `write_run` wrote.
    images, labels : array, optional
        Images and labels that were given to `write_run`.
    allow : set of str
        Differences that were accepted by name.

    Raises
    ------
    DataError
        If results are missing or damaged, or belong to different runs.
    """
    program, given = lower(network), run_arguments(network, duration, images, labels)
    place = Path(folder)
    found = sorted(place.glob("results*.npz"))
    if not found or (len(found) > 1 and place / "results.npz" in found):
        names = ", ".join(path.name for path in found) or "no results"
        raise DataError(f"{place}: found {names}; expected results.npz, or results.0.npz and so on of one run. Run it again.")
    script = nest_script(program, allow)
    made = read_results(script, found, given["steps"], given["inputs"], given["probes"], given["watch"])
    return described(made, network, program)
