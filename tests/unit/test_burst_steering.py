"""The network whose dendrites steer plasticity: its drive in segments, its noise, and the gate; averages of the study."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import simulate
from neurosim.models import load_model
from neurosim.study.source import load_study
from neurosim.units import Hz, pA, second

DRIVES = (1.0, 1.5, 0.5)


@pytest.fixture(scope="module")
def network():
    return load_model("burst_steering", n=300, drives=DRIVES, off=2.0, segment=3.0, look=0.5, alpha=0.5, dt=0.2)


def test_each_segment_has_the_drive_of_its_strength(network):
    given, weights = network.population("drive").model, network.weights(network.projection("drive_post")).toarray()
    times, channels = np.asarray(given.times), np.asarray(given.indices)
    found = []
    for begin, end in ((0, 2), (2, 5), (5, 8), (8, 11)):
        seen = (times >= begin) & (times < end)
        strongest = weights[channels[seen]].max(axis=1)
        assert len(set(strongest)) == 1
        found.append(strongest[0] / 0.25)
        assert abs(seen.sum() - 100 * (end - begin)) < 5 * np.sqrt(100 * (end - begin))
    assert_allclose(found, (1.0, *DRIVES))
    assert times.min() >= 0 and times.max() < 11


def test_a_source_reaches_the_same_cells_at_every_drive(network):
    weights = network.weights(network.projection("drive_post")).toarray().reshape(3, 100, 300)
    assert_allclose(weights[2], 3 * weights[0])
    assert_allclose(weights[1], 2 * weights[0])
    assert abs((weights[0] > 0).mean() - 0.2) < 0.01


def test_inputs_of_a_cell(network):
    pre, post = network.population("pre").model, network.population("post").model
    rates = {source.receptor: np.asarray(source.rate / Hz) for source in pre.noise}
    means = [rates[name].mean() for name in ("soma_exc", "soma_inh", "dend_exc", "dend_inh")]
    assert_allclose(means, [500, 150, 500, 150], rtol=0.03)
    # Numbers of sources are binomial: as broad as Poisson, in units of 5 Hz.
    assert_allclose(rates["soma_exc"].std(), 5 * np.sqrt(100), rtol=0.15)
    assert not np.allclose(rates["soma_exc"], rates["dend_exc"]) and not post.noise
    inputs = np.count_nonzero(network.weights(network.projection("pre_post")).toarray(), axis=0)
    assert abs(inputs.mean() - 200) < 3


def test_the_current_flows_in_the_last_segment(network):
    current = network.population("pre").model.I_d
    assert_allclose(np.asarray(current.values / pA), [0] * 16 + [40] * 6)
    assert current.every == 0.5 * second


def test_seeds_differ_and_repeat():
    one, again, other = (load_model("burst_steering", n=20, seed=seed) for seed in (1, 1, 2))
    trains = [np.asarray(network.population("drive").model.times) for network in (one, again, other)]
    assert np.array_equal(trains[0], trains[1]) and trains[0].shape != trains[2].shape


def test_weights_move_only_where_the_gate_is_open():
    network = load_model("burst_steering", n=60, drives=(1.0,), off=0.04, segment=0.16, look=0.01, dt=0.2)
    # So few cells do not make the post cells fire.
    driven = [replace(p, current=600 * pA) if p.name == "post" else p for p in network.populations]
    network = replace(network, populations=driven)
    gate = np.arange(1000) >= 500
    recording = simulate(network, 0.2 * second, signals={"M": gate.astype(float)}, progress=False)
    weights, post = recording.weights["pre_post"].values, recording.spikes["post"].step
    assert (post < 500).sum() > 3 and (post > 500).sum() > 3
    assert np.array_equal(weights[0], weights[9]) and not np.array_equal(weights[9], weights[-1])


def test_moving_average_of_the_study():
    names = load_study("burst_steering").study.trial.__globals__
    counts = np.random.default_rng(0).poisson(3, 50)
    wanted = [sum(c * np.exp(-(k - j) * 0.1 / 2.0) for j, c in enumerate(counts[: k + 1])) for k in range(50)]
    assert_allclose(names["averaged"](counts, 2.0, 0.1), wanted)
