"""Times on the grid of steps: delays that do not fit into memory, what is rounded and says so, what must be whole."""

import warnings

import numpy as np
import pytest

from neurosim import (
    LIF,
    AllToAll,
    BurstLIF,
    Network,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    SpikeArray,
    deploy,
    simulate,
)
from neurosim.checks.grid import completed, whole_steps
from neurosim.errors import NetworkError, RoundedTime
from neurosim.network.roundings import roundings
from neurosim.program.lower import lower
from neurosim.units import ms, mV, second, us

CELL = LIF(tau_m=20 * ms, v_th=1.0)


def network(neuron=CELL, delay=None, dt=None, n=1, weight=1e3, times=(0,)):
    source = SpikeArray([0] * len(times), list(times) * ms)
    parts = [Population("in", 1, source), Population("cells", n, neuron)]
    return Network("net", parts, [Projection("in", "cells", AllToAll(weight), delay=delay)], dt=dt)


@pytest.mark.parametrize(
    ("delay", "n", "words"),
    [
        (4294967.3 * second, 1, "delay of 4.29497e.06 s is 4294967300 steps.*2 neurons would need 64 GiB.*Shorten the delay"),
        (1e300 * second, 1, "Projection 'in_cells': delay of 1e.300 s"),
        ([[1, 4294967.3]] * second, 2, "4294967300 steps"),
        (1000 * second, 10_000, "1000000 steps.*10001 neurons would need 74.5 GiB, expected at most 2 GiB"),
    ],
)
def test_a_delay_that_no_memory_holds_is_refused(delay, n, words):
    with pytest.raises(NetworkError, match=words):
        network(delay=delay, n=n)


def test_a_long_delay_is_taken():
    assert lower(network(delay=100 * second)).projections[0].delays == 100_000


@pytest.mark.parametrize("delay", [0.4 * ms, [[1.0, 2.4]] * ms], ids=["one", "each"])
def test_a_rounded_delay_is_a_listed_loss_everywhere(delay):
    described = network(delay=delay, n=np.size(delay))
    wanted, got = (0.4e-3, 0.0) if np.size(delay) == 1 else (2.4e-3, 2e-3)
    for integration in ("exact", "step"):
        with pytest.warns(RoundedTime, match=rf"delay of 'in_cells', {wanted:g} s, becomes {got:g} s.*Choose a dt") as caught:
            info = simulate(described, 5 * ms, integration=integration, progress=False).info
        assert len([w for w in caught if w.category is RoundedTime]) == 1
        assert info["rounded"] == [{"part": "in_cells", "what": "delay", "wanted": pytest.approx(wanted), "got": got}]
    deployed = deploy(described)
    assert deployed.emulate(5 * ms).info["rounded"] == info["rounded"]
    loss = next(one for one in deployed.report.losses if one.field == "delay")
    assert (loss.kind, loss.where, loss.wanted, loss.got) == ("rounding", "in_cells", pytest.approx(wanted), got)


def test_whole_times_are_silent():
    described = network(RefractoryLIF(tau_m=20 * ms, v_th=1.0, refractory=0.3 * ms), delay=0.7 * ms, dt=0.1 * ms)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RoundedTime)
        for integration in ("exact", "step"):
            assert "rounded" not in simulate(described, 0.3 * ms, integration=integration, progress=False).info
    assert not roundings(described) and not [x for x in deploy(described).report.losses if x.field == "refractory"]


@pytest.mark.parametrize(("refractory", "steps"), [(0.28, 2), (0.3, 3), (0.21, 2), (0.2, 2), (0.199, 1), (0.05, 0)])
def test_the_difference_form_counts_a_refractory_time_as_brian2_does(refractory, steps):
    neuron = RefractoryLIF(tau_m=1 * ms, v_th=1.0, bias=1e6, refractory=refractory * ms)
    described = Network("net", [Population("cells", 1, neuron)], dt=0.1 * ms)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RoundedTime)
        found = [simulate(described, 2 * ms, integration=i, progress=False).spikes["cells"].step for i in ("exact", "step")]
    assert {*np.diff(found[0])} == {*np.diff(found[1])} == {max(steps, 1)}
    assert completed(refractory * 1e-3, 1e-4) == steps


def test_a_rounded_refractory_time_is_a_listed_loss():
    neuron = RefractoryLIF(tau_m=20 * ms, v_th=1.0, refractory=0.28 * ms)
    deployed = deploy(network(neuron, dt=0.1 * ms))
    loss = next(one for one in deployed.report.losses if one.field == "refractory")
    assert (loss.where, loss.wanted, loss.got) == ("cells", pytest.approx(0.28e-3), pytest.approx(0.2e-3))


def test_the_times_of_bursts_are_listed_too():
    neuron = BurstLIF(burst_delay=2.4 * ms, refractory=20.5 * ms)
    described = Network("net", [Population("cells", 1, neuron)])
    assert {r.what for r in roundings(described)} == {"burst_delay", "refractory"}


def test_a_duration_between_two_steps_is_told():
    with pytest.warns(RoundedTime, match="duration of 'run', 0.0026 s, becomes 0.003 s"):
        assert simulate(network(), 2.6 * ms, progress=False).steps == 3


@pytest.mark.parametrize(("duration", "words"), [(1e9 * second, r"1e\+12 steps"), (np.inf * second, "at least a step")])
def test_a_duration_that_is_not_counted(duration, words):
    with pytest.raises(NetworkError, match=f"duration: .*{words}"):
        simulate(network(), duration)


def test_looks_are_whole_steps_apart():
    parts = network()
    for every, words in ((1.5 * ms, "0.0015 s are 1.5 steps of 0.001 s; expected"), (100 * us, "0.0001 s are 0.1 steps")):
        with pytest.raises(NetworkError, match=f"Probe of 'in_cells': every: {words}"):
            Network("net", parts.populations, parts.projections, [Probe("in_cells", "w", every=every)])


def test_float_noise_is_no_fraction():
    assert whole_steps(0.3, 0.1, "x") == 3 and whole_steps(1e6 * 0.1, 0.1, "x") == 10**6
    assert whole_steps(1.1 * 3 * 1e-3, 1.1e-3, "x") == 3


@pytest.mark.parametrize("delay", [5 * mV, "2 ms", [True]])
def test_what_is_no_delay(delay):
    with pytest.raises(NetworkError, match="Projection 'in_cells': delay: expected"):
        network(delay=delay)
