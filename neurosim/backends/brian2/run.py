"""The one call: a described network, simulated in Brian2."""

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
    signals: Mapping[str, Any] | None = None,
    integration: str = "exact",
    target: str = "numpy",
    progress: bool = True,
    build_dir: str | os.PathLike[str] | None = None,
) -> Recording:
    """Run `network` in Brian2.

    Projections learn by their rules, exactly as `neurosim.plasticity.rule` defines a step. A rule with a modulator that no
    signal can bring (`post_modulator`) rests: it learns in a training loop.

    Parameters
    ----------
    network : Network
        The description.
    duration : time
        Length of a sample; rounded to whole steps. The warning `neurosim.errors.RoundedTime` tells of it, and of delays and
        refractory times that are no whole steps, which ``recording.info["rounded"]`` lists.
    images : array (samples, n), optional
        Intensities 0..1 for the network's image input; each is a sample that starts from the initial state, with the
        weights that the one before left.
    signals : mapping, optional
        Broadcast modulator, or "projection.modulator", -> a number for all of the run, or its values: (steps,) for one sample,
        (samples, steps), or (samples, steps, n_post).
    integration : {"exact", "step"}
        Differential equations in continuous time, or the difference equations of the emulator and the chip.
    target : {"numpy", "cython", "cpp_standalone"}
        What executes Brian2's code. Cython and C++ compile first (up to a minute) and pay off in long runs.
    progress : bool
        Draw a bar on a terminal if it takes more than two seconds.
    build_dir : path, optional
        Where target "cpp_standalone" keeps its program; a temporary folder if left out.

    Returns
    -------
    Recording
        Spikes of every population; states (samples, steps, probed neurons) after the update of each step, in
        SI; weights, tags and traces before steps 0, every, 2 every, ..., counted through all samples, and, where they learn,
        at the end. Weights of projections that learn are always there.

    Raises
    ------
    NetworkError
        If duration, images or signals do not fit, or Brian2 refuses the user's own equations.
    UnsupportedError
        If the network needs what this integration or target cannot do.
    UsageError
        For an unknown integration or target.
    SimulationError
        If Brian2 fails otherwise.
    """
    # Brian2 takes seconds to load: whoever only describes networks does not wait for it.
    from neurosim.backends.brian2.engine import run

    return run(network, duration, images, signals, integration, target, progress, build_dir)
