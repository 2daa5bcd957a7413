"""Options of probes have a meaning or are refused by name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AllToAll,
    ImageInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Recording,
    compare,
    deploy,
    emulate_network,
    simulate,
    start,
)
from neurosim.errors import NetworkError
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=10 * ms, v_th=1.0)


def network(*probes):
    parts = [Population("a", 2, PoissonInput(300 * Hz)), Population("b", 3, CELL)]
    return Network("net", parts, [Projection("a", "b", AllToAll(0.4))], probes)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: network(Probe("b", "v", every=1.5 * ms)), "1.5 steps.*expected a whole number of steps"),
        (lambda: network(Probe("b", "v", every=3)), "expected a value in second"),
        (lambda: network(Probe("b", "v", every=[1, 2] * ms)), "one positive time"),
        (lambda: network(Probe("b", "v", average="time")), "needs an interval; give every=10"),
        (lambda: network(Probe("b", "v", average="steps")), "average = 'steps'; expected \"neurons\", \"time\""),
        (lambda: network(Probe("b", "v", average=[])), "average = "),
        (lambda: network(Probe("b", "v", average=3)), "average = 3"),
        (lambda: network(Probe("b", "spike", every=2 * ms)), "all spikes are always recorded"),
        (lambda: network(Probe("a_b", "w", every=1 * ms, average="time")), "take the mean of the recorded values"),
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


def noisy(*probes):
    parts = [Population("a", 9, PoissonInput(200 * Hz)), Population("b", 5, CELL)]
    return Network("net", parts, [Projection("a", "b", np.random.default_rng(0).uniform(0, 0.4, (9, 5)))], probes)


EVERYWHERE = {
    "emulator": emulate_network,
    "fixed": lambda net, t: deploy(net).emulate(t),
    "Brian2": simulate,
    "Brian2 step": lambda net, t: simulate(net, t, integration="step"),
    "running": lambda net, t: in_stretches(start(net)),
    "running fixed": lambda net, t: in_stretches(deploy(net).start("fixed")),
    "running Brian2": lambda net, t: in_stretches(start(net, on="brian2")),
}
DURATION = 47 * ms


def in_stretches(run):
    for duration in (1, 12, 3, 20, 11):
        run.advance(duration * ms)
    return run.recording


@pytest.mark.parametrize("run", EVERYWHERE.values(), ids=EVERYWHERE)
def test_thinned_probes_are_part_of_the_whole(run):
    whole = run(noisy(Probe("b", "v")), DURATION).states["b", "v"]
    found = run(noisy(Probe("b", "v", every=7 * ms, neurons=[3, 1])), DURATION)
    assert_array_equal(found.states["b", "v"], whole[:, ::7][:, :, [3, 1]])
    assert_array_equal(found.steps_of("b", "v"), np.arange(0, 47, 7))


@pytest.mark.parametrize("run", EVERYWHERE.values(), ids=EVERYWHERE)
def test_averages_are_means_of_the_whole(run):
    whole = run(noisy(Probe("b", "v")), DURATION).states["b", "v"]
    assert np.ptp(whole) > 0.1
    over_time = whole[:, :42].reshape(1, 6, 7, 5).mean(axis=2)
    found = run(noisy(Probe("b", "v", every=7 * ms, average="time")), DURATION)
    assert_allclose(found.states["b", "v"], over_time, rtol=1e-12)
    assert_array_equal(found.steps_of("b", "v"), np.arange(6, 47, 7))
    found = run(noisy(Probe("b", "v", average="neurons", neurons=[0, 2])), DURATION)
    assert_allclose(found.states["b", "v"], whole[:, :, [0, 2]].mean(axis=2, keepdims=True), rtol=1e-12)
    found = run(noisy(Probe("b", "v", every=7 * ms, average=["time", "neurons"])), DURATION)
    assert_allclose(found.states["b", "v"], over_time.mean(axis=2, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("how", [{"every": 7 * ms}, {"every": 7 * ms, "average": "time"}, {"average": "neurons"}])
def test_stretches_equal_one_run_bit_for_bit(how):
    net = noisy(Probe("b", "v", **how))
    one, cut = emulate_network(net, DURATION), in_stretches(start(net))
    assert_array_equal(cut.states["b", "v"], one.states["b", "v"])
    assert_array_equal(cut.steps_of("b", "v"), one.steps_of("b", "v"))


def test_thinned_recordings_are_saved_and_recent(tmp_path):
    run = start(noisy(Probe("b", "v", every=7 * ms)))
    run.advance(DURATION)
    assert_array_equal(run.recent(20 * ms).steps_of("b", "v"), [1, 8, 15])
    assert_array_equal(run.recent(20 * ms).states["b", "v"], run.recording.states["b", "v"][:, 4:])
    run.recording.save(tmp_path / "thin.h5")
    found = Recording.load(tmp_path / "thin.h5")
    assert_array_equal(found.states["b", "v"], run.recording.states["b", "v"])
    assert_array_equal(found.steps_of("b", "v"), np.arange(0, 47, 7))


def test_samples_are_thinned_alike():
    parts = [Population("a", 4, ImageInput(RateCoding(20))), Population("b", 5, CELL)]
    net = Network("net", parts, [Projection("a", "b", AllToAll(0.4))], [Probe("b", "v", every=7 * ms)])
    whole = Network("net", parts, [Projection("a", "b", AllToAll(0.4))], [Probe("b", "v")])
    images = np.random.default_rng(0).random((3, 4))
    for run in (emulate_network, simulate):
        found = run(net, 20 * ms, images=images).states["b", "v"]
        assert found.shape == (3, 3, 5)
        assert_array_equal(found, run(whole, 20 * ms, images=images).states["b", "v"][:, ::7])


def test_thinned_states_keep_their_times_elsewhere():
    import matplotlib.pyplot as plt

    from neurosim.analysis.plots import trace

    found = emulate_network(noisy(Probe("b", "v", every=7 * ms, average="time")), DURATION)
    axes = trace(plt.figure().subplots(), found, "b", "v")
    assert_allclose(axes.lines[0].get_xdata(), np.arange(6, 47, 7) * found.dt * 1e3)
    plt.close("all")
    signal = found.to_neo().segments[0].analogsignals[0]
    assert_allclose(signal.times.rescale("ms").magnitude, np.arange(6, 47, 7))
    assert compare(found, found).states[0].max_error == 0
