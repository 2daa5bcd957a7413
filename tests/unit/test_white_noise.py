"""White noise on states: its moments, the same numbers in Brian2 step by step and on the emulator, stretches, refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AdaptiveLIF,
    EquationNeuron,
    ImageInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    RefractoryLIF,
    SoftResetLIF,
    Timed,
    deploy,
    emulate_network,
    per_step,
    resume,
    simulate,
    start,
)
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.plasticity import pair_stdp
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, mV, second

SIGMA = {"v": 2 * mV / ms**0.5}


def cell(kind=LIF, **more):
    return kind(tau_m=20 * ms, v_th=10 * mV, noise=SIGMA, **more)


def network(neuron=None, n=6, seed=3, current=8 * mV, dt=1 * ms, rule=None):
    parts = [Population("in", 4, PoissonInput(50 * Hz)), Population("cells", n, neuron or cell(), current=current)]
    wires = Projection("in", "cells", np.full((4, n), 0.5) * mV, plasticity=rule)
    return Network("noisy", parts, [wires], [Probe("cells", "v")], seed=seed, dt=dt)


def equations(noise=SIGMA, **more):
    model = "dv/dt = -v/(20*ms) : volt (unless refractory)"
    return EquationNeuron(model=model, threshold="v > 1*volt", refractory="v > 1*volt", noise=noise, **more)


RUNS = {
    "exact": simulate,
    "step": lambda n, t: simulate(n, t, integration="step"),
    "emulator": emulate_network,
}


@pytest.mark.parametrize("dt", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_variance_of_a_leaky_voltage_is_that_of_theory(run, dt):
    quiet = LIF(tau_m=20 * ms, v_th=1000 * mV, noise=SIGMA)
    alone = Network("alone", [Population("cells", 500, quiet)], probes=[Probe("cells", "v")], dt=dt * ms)
    v = run(alone, 400 * ms).states["cells", "v"][0, round(100 / dt) :]
    assert abs(v.mean()) < 6e-4
    assert v.std() == pytest.approx(2e-3 * np.sqrt(20 / 2), rel=0.03)
    lag = round(20 / dt)
    assert np.mean(v[lag:] * v[:-lag]) / v.var() == pytest.approx(np.exp(-1), abs=0.05)


def test_a_neuron_with_equations_has_the_same_noise():
    alone = Network("alone", [Population("cells", 500, equations())], probes=[Probe("cells", "v")], dt=0.1 * ms)
    v = simulate(alone, 200 * ms).states["cells", "v"][0, 1000:]
    assert v.std() == pytest.approx(2e-3 * np.sqrt(20 / 2), rel=0.04)
    free = EquationNeuron(model="dv/dt = 0*volt/second : volt", threshold="v > 1*volt", noise={"v": [1, 2] * mV / ms**0.5})
    grown = simulate(Network("free", [Population("cells", 2, free)], probes=[Probe("cells", "v")]), 2000 * ms)
    assert_allclose(np.diff(grown.states["cells", "v"][0], axis=0).std(axis=0), [1e-3, 2e-3], rtol=0.06)


KINDS = {
    "LIF": cell(),
    "current": cell(tau_syn=5 * ms),
    "soft": cell(SoftResetLIF),
    "refractory": cell(RefractoryLIF, refractory=4 * ms),
    "adaptive": cell(AdaptiveLIF, tau_theta=50 * ms, theta_jump=1 * mV),
    "per step": LIF(tau_m=per_step(0.95), v_th=20 * mV, noise=SIGMA),
    "each": LIF(tau_m=20 * ms, v_th=10 * mV, noise={"v": np.linspace(0, 3, 6) * mV / ms**0.5}),
}


@pytest.mark.parametrize("current", [8 * mV, Timed([0, 9] * mV, 150 * ms)], ids=["constant", "timed"])
@pytest.mark.parametrize("neuron", KINDS.values(), ids=KINDS)
def test_brian2_step_equals_the_emulator(neuron, current):
    found = [run(network(neuron, current=current), 300 * ms) for run in (RUNS["emulator"], RUNS["step"])]
    assert_allclose(found[0].states["cells", "v"], found[1].states["cells", "v"], rtol=1e-11, atol=1e-15)
    assert_array_equal(found[0].spikes["cells"].step, found[1].spikes["cells"].step)
    assert len(found[0].spikes["cells"]) > 10 and np.ptp(found[0].states["cells", "v"][0, 5]) > 0


def test_samples_have_noise_of_their_own():
    parts = [Population("image", 1, ImageInput(RateCoding(5))), Population("cells", 3, cell())]
    samples = Network("samples", parts, probes=[Probe("cells", "v")])
    images = np.zeros((2, 1))
    found = [emulate_network(samples, 20 * ms, images=images), simulate(samples, 20 * ms, images=images, integration="step")]
    assert_allclose(found[0].states["cells", "v"], found[1].states["cells", "v"], rtol=1e-11, atol=1e-15)
    assert not np.array_equal(*found[0].states["cells", "v"])


def test_the_seed_decides():
    first, again, other = (emulate_network(network(seed=seed), 30 * ms).states["cells", "v"] for seed in (3, 3, 4))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


BEGIN = {
    "emulator": start,
    "Brian2": lambda n: start(n, on="brian2"),
    "step": lambda n: start(n, on="brian2", integration="step"),
}


@pytest.mark.parametrize("rule", [None, pair_stdp(a_plus=0.2 * mV, a_minus=0.1 * mV)], ids=["fixed", "plastic"])
@pytest.mark.parametrize("on", BEGIN)
def test_stretches_and_resumed_runs_equal_one_run(on, rule, tmp_path):
    described = network(rule=rule)
    whole, run = BEGIN[on](described), BEGIN[on](described)
    expected = whole.advance(200 * ms).states["cells", "v"]
    run.advance(33 * ms)
    run.advance(34 * ms)
    run.save(tmp_path / "run.h5")
    for each in (run, resume(tmp_path / "run.h5", described)):
        assert_array_equal(each.advance(133 * ms).states["cells", "v"], expected[:, 67:])
    if on != "Brian2":
        assert_array_equal(expected, RUNS[on](described, 200 * ms).states["cells", "v"])


def test_refractory_neurons_are_held():
    found = simulate(network(cell(RefractoryLIF, refractory=10 * ms)), 200 * ms)
    v, spikes = found.states["cells", "v"][0], found.spikes["cells"]
    assert len(spikes) > 5
    for step, neuron in zip(spikes.step, spikes.neuron, strict=True):
        assert not v[step : step + 9, neuron].any()


def with_noise(size):
    return LIF(tau_m=5 * ms, v_th=1 * mV, noise={"v": size})


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: with_noise(1 * mV), UnitError, r"volt/sqrt\(second\)"),
        (lambda: LIF(tau_m=5 * ms, v_th=1 * mV, noise={"g": 1 * mV / ms**0.5}), NetworkError, "Unknown variable 'g'"),
        (lambda: with_noise(-1 * mV / ms**0.5), NetworkError, "zero or more"),
        (lambda: with_noise(np.nan * mV / ms**0.5), NetworkError, "finite"),
        (lambda: LIF(tau_m=5 * ms, v_th=1 * mV, noise=3), NetworkError, "noise"),
        (lambda: Population("a", 3, with_noise([1, 2] * mV / ms**0.5)), NetworkError, r"\(3,\)"),
        (lambda: equations({"w": 1}), NetworkError, "Unknown variable 'w'"),
        (lambda: equations({"v": 1 * second}), UnitError, "volt"),
        (lambda: equations(parameters={"noise_of_v": 1}), NetworkError, "taken"),
        (lambda: deploy(network()), UnsupportedError, "'cells': its neurons have white noise, which loihi2 does not have"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_lava_refuses_it_by_name():
    from neurosim.backends.lava.export import check_graph

    with pytest.raises(UnsupportedError, match="'cells': its neurons have white noise"):
        check_graph(lower(network()))
