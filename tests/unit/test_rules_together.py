"""Expressions and states of the neuron beside own variables, parameters of single synapses, periods, sums and delays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import Uniform, emulate_network, simulate
from neurosim.errors import UnsupportedError
from neurosim.plasticity import PlasticityRule, normalise, post, post_state, pre, synaptic
from neurosim.units import ms
from tests.unit.rule_networks import STEPS, teaching

SHAPE = (6, 4)
RNG = np.random.default_rng(0)
WEIGHTS = RNG.uniform(0.2, 0.8, SHAPE)
MANY = RNG.integers(0, 4, SHAPE)


def rule(scaled):
    return PlasticityRule(
        "together",
        traces={"x": pre(20 * ms), "y": post(15 * ms), "mean": post(10 * ms, of="v")},
        variables={"c": synaptic(25 * ms), "m": synaptic(decay=1, start=0.5)},
        modulators={"u": post_state("v")},
        on_pre={"c": "where(mean > least, eta, 0.1) * before(y)", "m": "-0.02 * sqrt(abs(c)) * b"},
        on_post={"w": "eta * exp(-m * c) * before(x) * where(c > b, 1, 0.5)"},
        every=[(4 * ms, {"w": "0.001 * relu(u - least) * m * eta"})],
        parameters={"eta": RNG.uniform(0.01, 0.2, SHAPE), "least": RNG.uniform(0, 1, 4), "b": Uniform(-1, 1)},
        bounds=(0.0, 2.0),
        normalise=scaled,
    )


@pytest.mark.parametrize(("delay", "scaled"), [(0, normalise(2.0, every=9 * ms)), (3, normalise(2.0, "pre"))], ids=["0", "3"])
def test_brian2_and_the_emulator(delay, scaled):
    network = teaching(rule(scaled), WEIGHTS, delay=delay * ms, tau=20 * ms, probes=("w", "c", "m"))
    ours, theirs = emulate_network(network, STEPS * ms), simulate(network, STEPS * ms, integration="step")
    assert ours.counts("post").min() > 5 and np.abs(ours.final_weights()["pre_post"] - WEIGHTS).max() > 0.1
    assert_allclose(theirs.weights["pre_post"].values, ours.weights["pre_post"].values, rtol=1e-10, atol=1e-12)
    for key, trace in ours.synapses.items():
        assert_allclose(theirs.synapses[key].values, trace.values, rtol=1e-10, atol=1e-12)


def test_states_are_not_read_by_synapses_with_several_delays():
    """Each delay is a block of its own, and each block would convert the state that all of them read."""
    with pytest.raises(UnsupportedError, match="'pre_post'.* several delays"):
        emulate_network(teaching(rule(None), WEIGHTS, delay=MANY * ms, tau=20 * ms), STEPS * ms)
