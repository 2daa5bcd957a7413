"""A network of burst neurons that learns by its bursts, in Lava and on the emulator: every spike, state, weight and trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import EventBaseline, Network, Population, Projection, SpikeRaster, SteadyBaseline, deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.export import manifest
from neurosim.backends.lava.runner import run_lava
from neurosim.network.probes import SynapseProbe
from neurosim.neurons import LIF
from neurosim.plasticity import burstccn_w, burstccn_y
from neurosim.program.lower import lower
from neurosim.units import ms, mV
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.steps import is_a, with_values
from tests.unit.burst_networks import burst_network, given, rule

pytestmark = [pytest.mark.slow, needs_lava]

STATES = ("u", "v", "theta", "u_d", "v_d", "drift")
PLASTIC = ("drive_low", "low_high")


def both(program, steps, samples=1, rate=0.08):
    """The same run on the emulator and in Lava."""
    cells = [p.name for p in program.populations if is_a(p.neuron, "BurstLIF")]
    plastic = [p.name for p in program.projections if p.rule is not None]
    asked = {
        "inputs": given(steps, samples, rate=rate),
        "probes": [(name, state) for name in cells for state in STATES],
        "watch": [SynapseProbe(name, v, 7) for name in plastic for v in ("w", "x")],
    }
    return emulate(program, steps, **asked), run_lava(program, steps, timeout=TIMEOUT, **asked)


def largest_difference(found, wanted):
    """Of every state, weight and trace."""
    pairs = [(found.states, wanted.states)]
    pairs += [
        ({key: t.values for key, t in a.items()}, {key: t.values for key, t in b.items()})
        for a, b in ((found.weights, wanted.weights), (found.synapses, wanted.synapses))
    ]
    assert all(set(a) == set(b) for a, b in pairs)
    return max(float(np.abs(a[key] - b[key]).max()) for a, b in pairs for key in a)


def same_spikes(found, wanted):
    """Events and second spikes of every population: the payload says which."""
    return all(np.array_equal(found.raster(name), wanted.raster(name)) for name in wanted.spikes)


def learned(recording, name):
    """How far the weights went."""
    values = recording.weights[name].values
    return np.abs(values[-1] - values[0]).max()


@pytest.mark.parametrize("baseline", [EventBaseline(k=3, p=0.3), SteadyBaseline(0.4)])
def test_learning_in_integers(baseline):
    """Two layers: events up, bursts down to the dendrites; random rounding included, bit for bit."""
    program = deploy(burst_network(rule(eta=2.0), baseline=baseline)).program
    found, wanted = both(program, 500)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    for name in ("low", "high"):
        assert {1, 2} <= set(wanted.spikes[name].payload), f"{name} has events and bursts"
        assert np.abs(wanted.states[name, "v_d"]).max() > 1000
    for name in PLASTIC:
        assert learned(wanted, name) > 3, name
    moved = max(np.abs(wanted.states[name, "drift"]).max() for name in ("low", "high"))
    assert (moved > 400) == isinstance(baseline, EventBaseline)


def test_learning_in_float():
    network = burst_network(rule(bounds=(0.0, None)))
    found, wanted = both(lower(network), 500)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) < 1e-6 * 20e-3
    assert min(learned(wanted, name) for name in PLASTIC) > 1e-5


@pytest.mark.parametrize("in_integers", [True, False])
def test_learning_at_soma_and_dendrite(in_integers):
    """W onto the somata and Q onto the dendrites of the same neurons, in the same run."""
    eta, p_b, tau, top = 2 * mV, 0.5, 50 * ms, 100 * mV
    rules = {
        "drive_low": burstccn_w(eta, p_b, tau, bounds=(0 * mV, top if in_integers else None)),
        "down": burstccn_y(eta, p_b, tau, bounds=(-top if in_integers else None, 0 * mV)),
    }
    network = burst_network(bias_d=10 * mV)
    network = replace(
        network,
        projections=[
            replace(p, plasticity=rules.get(p.name), weights=-np.abs(p.weights) if p.name == "down" else p.weights)
            for p in network.projections
        ],
    )
    found, wanted = both(deploy(network).program if in_integers else lower(network), 500)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) <= (0 if in_integers else 1e-6 * 20e-3)
    assert min(learned(wanted, name) for name in rules) > (3 if in_integers else 1e-5)


@pytest.mark.parametrize("in_integers", [True, False])
def test_samples_without_learning(in_integers):
    """States start anew with each sample and random numbers go on; spikes of both kinds arrive at another population."""
    network = burst_network(jump=30 * mV, burst_jitter=3 * ms)
    network = replace(
        network,
        populations=[*network.populations, Population("sink", 4, LIF(tau_m=20 * ms, v_th=15 * mV, tau_syn=5 * ms))],
        projections=[*network.projections, Projection("low", "sink", np.full((9, 4), 25.0) * mV)],
    )
    program = deploy(network).program if in_integers else lower(network)
    found, wanted = both(program, 150, samples=3)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) < (1e-300 if in_integers else 1e-12)
    assert wanted.raster("sink").any() and (wanted.raster("low") == 2).any()


def test_large_weights_overflow_alike():
    """The dendrite wraps and saturates as the soma does."""
    weights = np.tile([900.0, -900.0, 900.0], (10, 1)) * mV
    network = Network(
        "loud",
        [
            Population("drive", 12, SpikeRaster(np.zeros((1, 12)))),
            Population("top", 10, SpikeRaster(np.zeros((1, 10)))),
            Population("low", 3, burst_network().population("low").model),
        ],
        [Projection("top", "low", weights, receptor="dendrite")],
    )
    program = deploy(network).program
    low = next(p for p in program.populations if p.name == "low")
    steep = replace(low, neuron=with_values(low.neuron, tau_syn_d=4095 / 4096, tau_d=4095 / 4096))
    program = replace(program, populations=tuple(steep if p.name == "low" else p for p in program.populations))
    found, wanted = both(program, 400, rate=0.9)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    assert wanted.states["low", "v_d"].max() == 2**23 - 1 and wanted.states["low", "v_d"].min() == 1 - 2**23


def test_ports_of_the_graph():
    """Separate event and burst ports; the neuron's process is generated, the connections are Lava's."""
    program = deploy(burst_network(rule())).program
    entries = manifest(program)
    kinds = {entry["name"]: entry for entry in entries["populations"]}
    assert kinds["low"]["process"].startswith("ThreeFactorBurstLIF_") and not kinds["low"]["stock"]
    assert all(entry["stock"] for entry in entries["projections"])
