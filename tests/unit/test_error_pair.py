"""ErrorPair: events of both signs add up to the difference of what arrives, and predictions are learnt from them."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    ErrorPair,
    Network,
    Population,
    Probe,
    Projection,
    SpikeRaster,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.errors import NetworkError
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.units import ms

STEPS = 400
RANDOM = np.random.default_rng(5)
DATA, GUESS = (RANDOM.random((STEPS, 1)) < 0.4).astype(int), (RANDOM.random((STEPS, 1)) < 0.6).astype(int)


def network(rule=None, guess=GUESS, weight=0.5):
    """An error pair that compares two sources, and neurons that add up its channels."""
    populations = [
        Population("data", 1, SpikeRaster(DATA)),
        Population("guess", 1, SpikeRaster(guess)),
        Population("pair", 1, ErrorPair(tau_m=per_step(1), v_th=1.0)),
        Population("sum", 1, ErrorPair(tau_m=per_step(1), v_th=1000.0)),
    ]
    wires = [
        Projection("data", "pair", AllToAll(0.5), receptor="input"),
        Projection("guess", "pair", AllToAll(weight), receptor="prediction", plasticity=rule),
        Projection("pair", "sum", AllToAll(1.0), channel="positive", receptor="input", name="plus"),
        Projection("pair", "sum", AllToAll(1.0), channel="negative", receptor="prediction", name="minus"),
    ]
    return Network("one", populations, wires, [Probe("pair", "v"), Probe("sum", "v")])


def learns(**updates):
    traces = {"x": pre(decay=0.5)}
    modulators = {} if "on_positive" in updates else {"M": post_modulator("error")}
    parameters = {"eta": 1 / 32}
    return PlasticityRule("delta", traces=traces, modulators=modulators, parameters=parameters, bounds=(-1, 1), **updates)


def test_events_add_up_to_the_error():
    arrived = 0.5 * np.cumsum(DATA - GUESS)[:-1]
    for found in (emulate_network(network(), STEPS * ms), deploy(network()).emulate(STEPS * ms)):
        v, sent = found.states["pair", "v"].ravel(), found.states["sum", "v"].ravel()
        # The sum hears of an event one step later.
        assert np.allclose(sent[2:] + v[1:-1], arrived[:-1], atol=0.02 * abs(arrived).max())
        assert np.abs(v).max() < 1 and sent.min() < -10
        signs = np.sign(np.diff(sent))
        assert {-1, 0, 1} == set(signs)
        assert np.count_nonzero(signs) == np.count_nonzero(found.spikes["pair"].step < STEPS - 1)


def test_one_event_of_either_sign():
    for data, sign in ((1, 1), (0, -1)):
        pair = Population("pair", 1, ErrorPair(tau_m=5 * ms, v_th=1.0))
        populations = [Population("in", 1, SpikeRaster(np.ones((1, 1), int))), pair]
        wires = [Projection("in", "pair", AllToAll(1.25), receptor="input" if data else "prediction")]
        found = emulate_network(Network("one", populations, wires, [Probe("pair", "v")]), 10 * ms)
        assert list(found.spikes["pair"].step) == [1]
        assert found.states["pair", "v"].ravel()[1:4] == pytest.approx(0.25 * sign * np.exp(-np.arange(3) / 5))


@pytest.mark.parametrize(
    "updates",
    [
        {"every": {1: {"w": "eta * M * x"}}},
        {"on_positive": {"w": "eta * x"}, "on_negative": {"w": "-eta * x"}},
    ],
)
def test_a_prediction_is_learnt_from_errors(updates):
    described = network(learns(**updates), guess=DATA, weight=0.0)
    floats = emulate_network(described, STEPS * ms)
    weight = floats.weights["guess_pair"].values[-1]
    assert weight == pytest.approx(0.5, abs=0.07), "what is predicted is what arrives"
    late = floats.spikes["pair"].step >= STEPS // 2
    assert late.sum() < 0.35 * len(late), "errors become rare"
    other = simulate(described, STEPS * ms, integration="step", target="numpy")
    assert other.weights["guess_pair"].values[-1] == pytest.approx(weight, abs=1e-12)
    assert deploy(described).emulate(STEPS * ms).weights["guess_pair"].values[-1] == pytest.approx(0.5, abs=0.07)


def test_a_threshold_of_zero_is_refused():
    with pytest.raises(NetworkError, match="v_th = 0.0; expected a threshold above 0"):
        ErrorPair(tau_m=5 * ms, v_th=0.0)
