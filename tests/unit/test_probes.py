"""Options of probes have a meaning or are refused by name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Probe, Projection, deploy, emulate_network, simulate
from neurosim.errors import NetworkError
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=10 * ms, v_th=1.0)


def network(*probes):
    parts = [Population("a", 2, PoissonInput(300 * Hz)), Population("b", 3, CELL)]
    return Network("net", parts, [Projection("a", "b", AllToAll(0.4))], probes)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: network(Probe("b", "v", every=10 * ms)), r"Probe of 'b': every = 10\. ms.*states\[of, variable\]\[:, ::k\]"),
        (lambda: network(Probe("a_b", "w", every=1 * ms, neurons=[0])), r"Probe of 'a_b': neurons = \[0\].*leave neurons out"),
        (lambda: network(Probe("a_b", "w", every=1.5 * ms)), "1.5 steps.*expected a whole number of steps"),
        (lambda: network(Probe("a_b", "w", every=0 * ms)), "one positive time"),
        (lambda: network(Probe("a_b", "w", every=[1, 2] * ms)), "one positive time"),
        (lambda: network(Probe("a_b", "w", every=3)), "expected a value in second"),
        (lambda: network(Probe("a_b", "w", every=1 * mV)), "expected a value in second"),
        (lambda: network(Probe("a", "spike", neurons=[0])), "spikes of all neurons are always recorded"),
        (lambda: network(Probe("b", "v", neurons=[3])), r"\[3\] reach outside 0..2"),
        (lambda: network(Probe("b", "v", neurons=[-1])), "found -1"),
        (lambda: network(Probe("b", "v", neurons=[0.5])), "found 0.5"),
        (lambda: network(Probe("b", "v", neurons=[True, False, True])), "np.flatnonzero"),
        (lambda: network(Probe("b", "v", neurons=[])), "at least one"),
        (lambda: network(Probe("b", "v", neurons=1)), "a list of at least one"),
        (lambda: network(Probe("b", "v", neurons="01")), "text"),
        (lambda: Probe("b", 1), "Probe.variable = 1; expected a text"),
        (lambda: Probe(None, "v"), "Probe.of = None; expected a text"),
        (lambda: network("v"), "expected a list of Probe"),
    ],
)
def test_what_a_probe_cannot_do(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


def test_neurons_in_any_order_and_form_are_those_recorded():
    wanted = Probe("b", "v", neurons=np.array([2.0, 0.0]))
    assert wanted.neurons == (2, 0)
    all_of_them, some = network(Probe("b", "v")), network(wanted)
    for run in (
        lambda net: simulate(net, 20 * ms, progress=False),
        lambda net: simulate(net, 20 * ms, integration="step", progress=False),
        lambda net: deploy(net).emulate(20 * ms),
    ):
        assert_array_equal(run(some).states["b", "v"], run(all_of_them).states["b", "v"][:, :, [2, 0]])


@pytest.mark.parametrize("steps", [1, 7])
def test_weights_are_looked_at_at_these_times_everywhere(steps):
    net = network(Probe("a_b", "w", every=steps * ms))
    assert net.synapse_probes()[0].every == steps
    assert_array_equal(simulate(net, 20 * ms, progress=False).weights["a_b"].steps, np.arange(0, 20, steps))


def test_weights_that_do_not_learn_are_recorded_by_the_emulator_too():
    cells = [Population("in", 3, PoissonInput(50 * Hz)), Population("out", 2, LIF(tau_m=20 * ms, v_th=10 * mV))]
    weights = np.array([[1, 2], [3, 4], [5, 6]]) * mV
    net = Network("static", cells, [Projection("in", "out", weights)], [Probe("in_out", "w", every=10 * ms)])
    here, there = emulate_network(net, 25 * ms).weights["in_out"], simulate(net, 25 * ms).weights["in_out"]
    assert_array_equal(here.steps, there.steps)
    assert_allclose(here.values, there.values, rtol=1e-12)
    assert deploy(net).emulate(25 * ms).weights["in_out"].values.shape == (3, 3, 2)
