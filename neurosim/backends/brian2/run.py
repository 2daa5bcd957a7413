"""The function `simulate`, which simulates a described network in Brian2."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neurosim.checks.described import checked
from neurosim.network.network import Network
from neurosim.results.recording import Recording


@checked
def simulate(
    network: Network,
    duration: Any,
    *,
    images: Any = None,
    labels: Any = None,
    signals: Mapping[str, Any] | None = None,
    integration: str = "exact",
    target: str = "numpy",
    progress: bool = True,
    build_dir: str | os.PathLike[str] | None = None,
) -> Recording:
    """Run `network` in Brian2.

    Projections learn by their rules, exactly as `neurosim.plasticity.rule` defines a step. A rule with a modulator that cannot
    be given as a signal (`post_modulator`) is not active here; it learns in a training loop.

    Parameters
    ----------
    network : Network
        The description.
    duration : time
        Duration of a sample, rounded to whole steps. The warning `neurosim.errors.RoundedTime` reports rounding of the
        duration, and of delays and refractory times, which ``recording.info["rounded"]`` lists.
    images : array (samples, n), optional
        Intensities 0..1 for the network's image input; each image is a sample, which starts from the initial state with the
        weights at the end of the sample before.
    labels : array (samples,), optional
        Classes for the network's label input.
    signals : mapping, optional
        Broadcast modulator, or "projection.modulator", -> a number for the whole run, or its values: (steps,) for one sample,
        (samples, steps), or (samples, steps, n_post).
    integration : {"exact", "step"}
        Differential equations in continuous time, or the difference equations of the emulator and the chip.
    target : {"numpy", "cython", "cpp_standalone"}
        Code generation target of Brian2. Cython and C++ compile first (up to a minute) and pay off in long runs.
    progress : bool
        Whether to show a progress bar on a terminal if the run takes more than two seconds.
    build_dir : path, optional
        Folder in which target "cpp_standalone" builds its program; a temporary folder if left out.

    Returns
    -------
    Recording
        Spikes of every population; states (samples, steps, probed neurons) after the update of each step, in
        SI; weights, tags and traces before steps 0, every, 2 every, ..., counted through all samples, and, for projections
        that learn, at the end. The final weights of projections that learn are always recorded.

    Raises
    ------
    NetworkError
        If duration, images, labels or signals do not fit the network, or if Brian2 rejects the user's own equations.
    UnsupportedError
        If the network needs something that this integration or target does not support.
    UsageError
        If the integration or target is unknown.
    SimulationError
        If Brian2 fails for another reason.
    """
    # Brian2 takes seconds to load, and a user who only describes networks should not wait for it.
    from neurosim.backends.brian2.engine import run

    return run(network, duration, images, labels, signals, integration, target, progress, build_dir)
