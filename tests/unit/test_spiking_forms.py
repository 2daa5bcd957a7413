"""Models of learning rules whose spiking form has a known answer: what each must do exactly, or in the mean."""

from dataclasses import replace

import numpy as np
import pytest

from neurosim import Probe, deploy, emulate_network
from neurosim.models import load_model
from neurosim.units import ms


def run(network, steps, arithmetic, **signals):
    if arithmetic == "float":
        return emulate_network(network, steps * ms, **signals)
    return deploy(network).emulate(steps * ms, **signals)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_boltzmann_weights_in_both_directions_remain_equal(arithmetic):
    data = np.zeros((400, 104), np.int32)
    data[1::10] = np.random.default_rng(0).choice([-1, 1], (40, 104))
    g = np.zeros(400)
    g[3::10], g[9::10] = 1, -1
    network = load_model("boltzmann_digits", data=data, hidden=30)
    weights = run(network, 400, arithmetic, signals={"g": g}).final_weights()
    assert np.array_equal(weights["visible_hidden"], weights["hidden_visible"].T)
    assert np.abs(weights["visible_hidden"] - network.weights(network.projection("visible_hidden"))).max() > 3 / 256


def test_boltzmann_units_are_set_by_the_data_and_repeat_what_they_drew():
    data = np.zeros((40, 104), np.int32)
    data[1::2] = np.random.default_rng(1).choice([-1, 1], (20, 104))
    network = load_model("boltzmann_digits", data=data, hidden=30)
    found = emulate_network(network, 40 * ms, signals={"g": np.zeros(40)})
    spikes = {name: np.zeros((40, n), bool) for name, n in (("visible", 104), ("hidden", 30))}
    for name, raster in spikes.items():
        raster[found.spikes[name].step, found.spikes[name].neuron] = True
    assert np.array_equal(spikes["visible"][2::2], data[1:-1:2] > 0)
    assert np.array_equal(spikes["visible"][3::2], spikes["visible"][2:-1:2])
    assert np.array_equal(spikes["hidden"][4::2], spikes["hidden"][3:-1:2]) and spikes["hidden"].any()


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_softhebb_weights_of_a_neuron_approach_the_gain(arithmetic):
    rng = np.random.default_rng(2)
    image = (rng.random((6000, 64)) < 0.5 * rng.random(64)).astype(np.uint8)
    network = load_model("softhebb_digits", image=image, neurons=1, shared=0.0, start=1.5)
    weights = run(network, 6000, arithmetic).final_weights()["image_cell"]
    assert np.linalg.norm(weights) == pytest.approx(1.0, abs=0.06)


def test_pepita_changes_the_output_by_its_excess_times_the_trace():
    image = np.zeros((96, 64), np.uint8)
    image[:, ::2] = 1
    image[:, 1::4] = np.arange(96)[:, None] % 3 == 0
    label = np.zeros((96, 10), np.uint8)
    label[:39, 3] = 1
    network = load_model("pepita_digits", image=image, label=label, eta=0.0)
    found = emulate_network(network, 96 * ms)
    counts, trace = np.zeros(10), np.zeros(30)
    decay = 1 - 2 / 48
    for step in range(96):
        now = found.spikes["hidden"].neuron[found.spikes["hidden"].step == step]
        trace *= decay
        trace[now] += 1
        if step >= 48 + 4:
            counts[found.spikes["output"].neuron[found.spikes["output"].step == step]] += 1
    wanted = np.where(np.arange(10) == 3, 39, 0)
    eta = network.projection("hidden_output").plasticity.parameters["eta"]
    change = found.final_weights()["hidden_output"] - network.weights(network.projection("hidden_output"))
    assert np.allclose(change, -eta * np.outer(trace, counts - wanted)) and np.abs(change).max() > 1e-3


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_a_sampling_neuron_is_on_with_the_logistic_probability_of_its_bias(arithmetic):
    network = load_model("lif_sampling", tau=20, units=4, spread=1.0, seed=3)
    alone = network.with_weights({"units_units": np.zeros((4, 4))})
    found = run(alone, 60_000, arithmetic)
    on = 20 * np.bincount(found.spikes["units"].neuron, minlength=4) / 60_000
    bias = np.asarray(network.population("units").neuron.bias) / 0.5
    assert np.allclose(on, 1 / (1 + np.exp(-bias)), atol=0.03) and np.ptp(bias) > 0.5


def shown(level, steps, label):
    """Regular spikes (steps, pixels) at the rates level / 16, and targets (steps, classes) for a label."""
    k = np.arange(steps)[:, None]
    target = np.full((steps, 10), -1)
    target[:, label] = 1
    return ((k + 1) * level // 16 - k * level // 16).astype(np.uint8), target


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_values_of_predictive_coding_settle_where_their_energy_is_lowest(arithmetic):
    level = np.random.default_rng(4).integers(0, 12, 64)
    image, target = shown(level, 3000, label=2)
    network = load_model("predictive_coding", image=image, target=target, hidden=(12,), rate=0.01, seed=5)
    found = run(replace(network, probes=[Probe("v1", "v")]), 3000, arithmetic)
    w1, w2 = (network.weights(network.projection(name)) for name in ("w1", "w2"))
    free = level / 16 @ w1
    v = found.states["v1", "v"][0][-1500:].mean(axis=0)
    on = v > 0.05
    expected = np.linalg.solve(np.eye(on.sum()) + w2[on] @ w2[on].T, free[on] + w2[on] @ np.eye(10)[2])
    assert on.sum() >= 3 and np.allclose(v[on], expected, atol=0.03)
    assert not np.allclose(free[on], expected, atol=0.1)
    assert np.allclose(v[v < -0.05], free[v < -0.05], atol=0.03)


def test_predictive_coding_changes_weights_by_the_errors_of_the_second_half_times_the_trace():
    image, target = shown(np.arange(64) % 16, 200, label=7)
    network = load_model("predictive_coding", image=image, target=target, hidden=(12,), eta=0.1, output_eta=0.1)
    found = emulate_network(replace(network, probes=[Probe("e1", "count"), Probe("e2", "count")]), 200 * ms)
    kept = np.exp(-1 / 50) ** np.arange(199, -1, -1)
    count, changes = found.states["e1", "count"][0][-1], found.final_weights()
    apart = changes["w1"] - network.weights(network.projection("w1"))
    assert np.allclose(apart, 0.1 / (50 * 100) * np.outer(kept @ image, count)) and np.abs(apart).max() > 1e-4
    assert np.any(changes["w2"] != network.weights(network.projection("w2")))
