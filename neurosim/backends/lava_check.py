"""Test of the Lava installation with a network of three neurons."""

from __future__ import annotations

from neurosim.backends.deployment import deploy
from neurosim.backends.lava.interpreter import LavaPython, require_lava
from neurosim.errors import LavaError
from neurosim.network import Network, Population, Projection
from neurosim.network.connectivity import OneToOne
from neurosim.network.inputs import SpikeArray
from neurosim.neurons import LIF, per_step
from neurosim.units import ms

_STEPS = 12


def try_lava() -> LavaPython:
    """Run three neurons in Lava, compare their spikes with the expected ones, and return the interpreter that ran them.

    Raises
    ------
    UnsupportedError
        If Lava is not installed.
    LavaError
        If Lava fails, or its spikes are wrong.
    """
    found = require_lava()
    times = list(range(_STEPS))
    neurons = [step % 3 for step in times]
    network = Network(
        "three",
        [Population("source", 3, SpikeArray(neurons, times * ms)), Population("cells", 3, LIF(tau_m=per_step(0.0), v_th=0.5))],
        [Projection("source", "cells", OneToOne(1.0))],
    )
    spikes = deploy(network).run_lava(_STEPS * ms, timeout=120).spikes["cells"]
    # A spike takes effect in the next step.
    expected = [(t + 1, n) for t, n in zip(times, neurons, strict=True) if t + 1 < _STEPS]
    if sorted(zip(spikes.step.tolist(), spikes.neuron.tolist(), strict=True)) != expected:
        raise LavaError(f"Lava: three neurons sent {len(spikes)} spikes, not at the expected steps; reinstall Lava.")
    return found
