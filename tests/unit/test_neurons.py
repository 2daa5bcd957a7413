"""Each neuron does in Brian2 what its paper says."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AdaptiveLIF,
    AdEx,
    AllToAll,
    EquationNeuron,
    Izhikevich,
    Network,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    SoftResetLIF,
    SpikeArray,
    Timed,
    per_step,
)
from neurosim.backends.brian2 import simulate
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.units import Hz, ms, mV, nA, nS, pA

DT = 0.1 * ms


def run(neuron, duration, n=1, current=None, probes=("v",), dt=DT, **options):
    net = Network("net", [Population("o", n, neuron, current)], probes=[Probe("o", v) for v in probes], dt=dt)
    return simulate(net, duration, **options)


@pytest.mark.parametrize("integration", ["exact", "step"])
@pytest.mark.parametrize("kind", [LIF, RefractoryLIF])
def test_lif_rate_over_current_is_the_analytic_one(kind, integration):
    drive = np.array([9, 11, 15, 20, 40])
    hold = {"refractory": 3 * ms} if kind is RefractoryLIF else {}
    neuron = kind(tau_m=20 * ms, v_th=-50 * mV, v_rest=-60 * mV, v_reset=-65 * mV, **hold)
    raster = run(neuron, 200 * ms, 5, drive * mV, (), integration=integration).raster("o")[0]
    intervals = [np.diff(np.nonzero(train)[0]).mean() * 1e-4 for train in raster.T[1:]]
    climb = 20e-3 * np.log((drive[1:] + 5) / (drive[1:] - 10))
    # A spike waits for the end of its step, and while it does the current is lost.
    assert_allclose(intervals, climb + (3e-3 if hold else 0), atol=1.1e-4)
    assert not raster[:, 0].any()


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_lif_relaxes_with_its_time_constant(integration):
    neuron = LIF(tau_m=[10, 20] * ms, v_th=0 * mV, v_rest=-60 * mV, bias=10 * mV)
    found = run(neuron, 50 * ms, 2, integration=integration)
    t = np.arange(1, 501) * 0.1
    expected = -60e-3 + 10e-3 * (1 - np.exp(-t[:, None] / [10, 20]))
    assert_allclose(found.states["o", "v"][0], expected, rtol=1e-9)


def test_refractory_time_limits_the_rate_and_holds_the_voltage():
    neuron = RefractoryLIF(tau_m=10 * ms, v_th=10 * mV, refractory=4 * ms, v_reset=-5 * mV)
    for integration in ("exact", "step"):
        found = run(neuron, 200 * ms, 1, 5000 * mV, integration=integration)
        spikes = found.spikes["o"].step
        assert set(np.diff(spikes)) == {40}
        held = found.states["o", "v"][0, spikes[0] : spikes[0] + 40, 0]
        assert_allclose(held, -5e-3)
        assert found.states["o", "v"][0, spikes[0] + 40, 0] == pytest.approx(-5e-3)  # spikes and is reset again


@pytest.mark.parametrize("kept", [0.0, 0.25, 0.75, 1.0])
def test_per_step_keeps_exactly_its_factor_whatever_the_step_is(kept):
    net = Network(
        "net",
        [Population("i", 1, SpikeArray([0], [0] * ms)), Population("o", 1, LIF(tau_m=per_step(kept), v_th=100.0))],
        [Projection("i", "o", [[3.0]])],
        [Probe("o", "v")],
    )
    for dt in (1 * ms, 0.37 * ms):
        v = simulate(replace(net, dt=dt), 8 * dt, integration="step").states["o", "v"][0, :, 0]
        assert_array_equal(v, [0, *(3.0 * kept ** np.arange(7))])


def test_a_per_step_decay_in_continuous_time_decays_as_far_in_a_step():
    neuron = LIF(tau_m=per_step(0.75), v_th=10.0, v_rest=-1.0)
    net = Network("net", [Population("o", 1, neuron)], probes=[Probe("o", "v")], dt=1 * ms)
    assert_allclose(simulate(net, 5 * ms).states["o", "v"], -1)


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_bias_is_what_v_gains_in_each_step_of_a_decay_per_step(integration):
    neuron = LIF(tau_m=per_step(0.75), v_th=10.0, bias=0.5)
    v = run(neuron, 10 * ms, dt=1 * ms, integration=integration).states["o", "v"][0, :, 0]
    assert_allclose(v, 0.5 * np.cumsum(0.75 ** np.arange(10)))
    found = run(LIF(tau_m=per_step(1.0), v_th=1.0, bias=0.0625), 40 * ms, dt=1 * ms, integration=integration)
    assert_array_equal(found.spikes["o"].step, [16, 33])
    assert_array_equal(found.states["o", "v"][0, :16, 0], 0.0625 * np.arange(1, 17))
    current = run(LIF(tau_m=per_step(1.0), v_th=1.0), 5 * ms, 2, [0.25, 0.125], dt=1 * ms, integration=integration)
    assert_array_equal(current.states["o", "v"][0, 2], [0.75, 0.375])


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_soft_reset_keeps_what_exceeds_the_threshold(integration):
    net = Network(
        "net",
        [
            Population("i", 1, SpikeArray(np.zeros(10, int), np.arange(0, 20, 2) * ms)),
            Population("soft", 1, SoftResetLIF(tau_m=per_step(1), v_th=1.0)),
            Population("hard", 1, LIF(tau_m=per_step(1), v_th=1.0)),
        ],
        [Projection("i", "soft", AllToAll(0.75)), Projection("i", "hard", AllToAll(0.75))],
        [Probe("soft", "v")],
    )
    found = simulate(net, 25 * ms, integration=integration)
    # 7.5 thresholds came in: 7 spikes and half a threshold left; a hard reset loses 0.5 at every spike.
    assert found.counts("soft")[0, 0] == 7
    assert found.states["soft", "v"][0, -1, 0] == 0.5
    assert found.counts("hard")[0, 0] == 5


def test_soft_reset_subtracts_the_threshold_above_rest():
    neuron = SoftResetLIF(tau_m=10 * ms, v_th=-50 * mV, v_rest=-60 * mV)
    for integration in ("exact", "step"):
        found = run(neuron, 100 * ms, 1, 30 * mV, integration=integration)
        spike = found.spikes["o"].step[0]
        before, after = found.states["o", "v"][0, spike - 1 : spike + 1, 0]
        grown = -60e-3 + 30e-3 + (before + 60e-3 - 30e-3) * np.exp(-0.01)
        assert after == pytest.approx(grown - 10e-3, rel=1e-6)


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_adaptive_threshold_lengthens_the_intervals_up_to_a_steady_one(integration):
    neuron = AdaptiveLIF(tau_m=10 * ms, v_th=10 * mV, tau_theta=100 * ms, theta_jump=1 * mV)
    found = run(neuron, 1000 * ms, 1, 30 * mV, ("v", "theta"), integration=integration)
    intervals = np.diff(found.spikes["o"].step)
    assert np.all(np.diff(intervals[:5]) > 0) and np.ptp(intervals[-5:]) <= 1
    # In the steady state the threshold falls by one jump from spike to spike.
    theta = found.states["o", "theta"][0, :, 0].max()
    assert theta == pytest.approx(1e-3 / (1 - np.exp(-intervals[-1] * 1e-4 / 0.1)), rel=0.05)


def test_a_synaptic_current_moves_the_mean_voltage_equally_far_in_both_integrations():
    times = np.arange(0, 400, 2.0)
    net = Network(
        "net",
        [
            Population("i", 1, SpikeArray(np.zeros(200, int), times * ms)),
            Population("o", 2, LIF(tau_m=[10, 20] * ms, tau_syn=5 * ms, v_th=1000 * mV)),
        ],
        [Projection("i", "o", AllToAll(4 * mV))],
        [Probe("o", "v"), Probe("o", "g")],
        dt=0.5 * ms,
    )
    exact, step = (simulate(net, 400 * ms, integration=i).states for i in ("exact", "step"))
    for variable in ("v", "g"):
        means = [s["o", variable][0, 400:].mean(axis=0) for s in (exact, step)]
        assert_allclose(means[0], 10e-3, rtol=0.1)  # weight * tau_syn * rate
        assert_allclose(means[1], means[0], rtol=0.06)


def test_izhikevich_fires_tonically_and_adapts():
    found = run(Izhikevich(), 500 * ms, 1, 10.0, ("v", "w"))
    steps = found.spikes["o"].step
    assert 5 < len(steps) < 60 and np.ptp(np.diff(steps)) <= 1
    assert steps[0] < np.diff(steps)[0]  # recovery, which slows it, has yet to build up
    assert found.states["o", "v"].max() < 31e-3 and len(run(Izhikevich(), 200 * ms).spikes["o"]) == 0


def test_adex_rests_at_its_leak_and_fires_regularly_above_rheobase():
    quiet, driven = run(AdEx(), 200 * ms, 1, 0 * nA), run(AdEx(), 400 * ms, 1, 1 * nA)
    assert_allclose(quiet.states["o", "v"], -70.6e-3, atol=1e-4)
    intervals = np.diff(driven.spikes["o"].step)
    assert len(intervals) > 3 and intervals[-1] >= intervals[0]


def test_adex_takes_one_value_a_neuron():
    found = run(AdEx(b=[0, 0.5] * nA), 400 * ms, 2, 1 * nA)
    assert found.counts("o")[0, 0] > found.counts("o")[0, 1] > 0


@pytest.mark.parametrize("weights", [[[1.0, 1.0]], [[1.0, 2.0]]], ids=["one for all", "one a synapse"])
def test_a_weight_is_not_the_recovery_variable_of_the_same_name(weights):
    net = Network(
        "net",
        [Population("i", 1, SpikeArray([0], [5] * ms)), Population("o", 2, AdEx())],
        [Projection("i", "o", weights * nA)],
        [Probe("o", "g"), Probe("o", "w")],
        dt=DT,
    )
    states = simulate(net, 6 * ms).states
    assert_allclose(states["o", "g"][0, 50], np.array(weights[0]) * 1e-9)
    assert abs(states["o", "w"]).max() < 0.1e-9


def test_equation_neuron_with_a_conductance():
    neuron = EquationNeuron(
        model="dv/dt = (g_l*(E_l - v) + g*(E_e - v) + I)/C : volt\ndg/dt = -g/tau : siemens",
        threshold="v > -50*mV",
        reset="v = E_l",
        parameters={"g_l": 10 * nS, "E_l": -70 * mV, "E_e": 0 * mV, "C": 100 * pA * ms / mV, "tau": 5 * ms, "I": 0 * pA},
        receptors={"exc": "g"},
        weight_unit="siemens",
        initial={"v": -70 * mV},
        refractory=5 * ms,
    )
    net = Network(
        "net",
        [Population("i", 1, SpikeArray([0], [5] * ms)), Population("o", 1, neuron)],
        [Projection("i", "o", AllToAll(20 * nS), receptor="exc")],
        [Probe("o", "v"), Probe("o", "g")],
        dt=DT,
    )
    found = simulate(net, 30 * ms)
    assert found.states["o", "g"].max() == pytest.approx(20e-9) and len(found.spikes["o"]) == 1
    assert_allclose(found.states["o", "v"][0, :50], -70e-3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LIF(tau_m=20, v_th=1 * mV), UnitError, r"LIF.tau_m: expected a value in second, such as 20\*ms"),
        (lambda: LIF(tau_m=0 * ms, v_th=1 * mV), NetworkError, "LIF.tau_m: expected a positive, finite time"),
        (lambda: LIF(tau_m=5 * ms, v_th=1 * ms), NetworkError, "LIF.v_th: expected volts"),
        (lambda: LIF(tau_m=5 * ms, v_th=5 * mV, bias=1.0), UnitError, "LIF.bias: expected a value in volt"),
        (lambda: LIF(tau_m=5 * ms, v_th=0 * mV), NetworkError, "must be above v_reset"),
        (lambda: LIF(tau_m=5 * ms, v_th=np.nan * mV), NetworkError, "LIF.v_th: expected finite"),
        (lambda: LIF(tau_m=5 * ms, v_th=1.0, tau_syn={"e": -1 * ms}), NetworkError, r"LIF.tau_syn\['e'\]"),
        (lambda: RefractoryLIF(tau_m=5 * ms, v_th=1.0, refractory=2), UnitError, "RefractoryLIF.refractory"),
        (lambda: AdaptiveLIF(tau_m=5 * ms, v_th=1.0, tau_theta=1 * ms, theta_jump=1 * mV), UnitError, "theta_jump"),
        (lambda: per_step(1.5), NetworkError, "expected a factor from 0 to 1"),
        (lambda: per_step(np.nan), NetworkError, "StepDecay.kept = nan; expected a finite number"),
        (lambda: per_step("0.5"), UnitError, "per_step: expected a number"),
        (lambda: LIF(tau_m=5 * ms, v_th=None), UnitError, "LIF.v_th: expected a number"),
        (lambda: LIF(tau_m=5 * ms, v_th=1.0, bias=None), UnitError, "LIF.bias: expected a number"),
        (lambda: LIF(tau_m=5 * ms, v_th=[1.0, 2.0], v_rest=[0.0] * 3), NetworkError, r"v_th of shape \(2,\), v_rest of shape"),
        (
            lambda: Population("a", 3, LIF(tau_m=5 * ms, v_th=[1.0, 2.0])),
            NetworkError,
            r"v_th has shape \(2,\); expected .* \(3,\)",
        ),
        (lambda: Population("a", 3, LIF(tau_m=5 * ms, v_th=1.0, tau_syn={"e": [1, 2] * ms})), NetworkError, r"tau_syn\['e'\]"),
        (lambda: LIF(tau_m=5 * ms, v_th=Timed([1.0], 1 * ms)), NetworkError, "none of its parameters can change in time"),
        (
            lambda: Population("a", 3, LIF(tau_m=5 * ms, v_th=1.0), Timed([[1.0, 2.0]], 1 * ms)),
            NetworkError,
            r"current has values of shape \(1, 2\); expected \(rows,\), or \(rows, 3\)",
        ),
        (lambda: Population("a", 3, LIF(tau_m=5 * ms, v_th=1.0), [1.0, 2.0]), NetworkError, r"bias has shape \(2,\)"),
        (lambda: Izhikevich(b=np.inf), NetworkError, "Izhikevich.b = inf; expected finite values"),
        (lambda: AdEx(tau_w=0 * ms), NetworkError, "AdEx.tau_w = .*; expected positive, finite values"),
        (lambda: AdEx(b=np.nan * nA), NetworkError, "AdEx.b"),
        (lambda: Izhikevich(a=1 * mV), UnitError, "Izhikevich.a: expected a plain number"),
        (lambda: AdEx(C=1 * nS), UnitError, r"AdEx.C: expected a value in farad, such as 200\*pF"),
        (
            lambda: EquationNeuron(model="dv/dt = -v/ms : 1", threshold="v > 1", receptors={"default": "g"}),
            NetworkError,
            "'g' is not a variable of the model, which declares v",
        ),
    ],
)
def test_parameters_that_do_not_fit(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("levels", [[1.0, 2.0], [1 * mV, 2 * mV], np.array([1, 2])])
def test_lists_are_arrays(levels):
    unit = getattr(levels[0], "dim", None)
    current = [3.0, 3.0] if unit is None else [3 * mV, 3 * mV]
    found = run(LIF(tau_m=5 * ms, v_th=levels), 20 * ms, 2, current, dt=1 * ms)
    assert found.counts("o")[0, 0] > found.counts("o")[0, 1] > 0


def test_several_receptors_have_no_difference_form():
    neuron = LIF(tau_m=10 * ms, v_th=1 * mV, tau_syn={"e": 5 * ms, "i": 10 * ms})
    assert neuron.variables == ("v", "g_e", "g_i") and dict(neuron.weight_units) == {"e": "volt", "i": "volt"}
    with pytest.raises(UnsupportedError, match="with receptors e, i: the difference form has one"):
        neuron.step_form(1e-3)


def test_a_current_that_does_not_fit():
    with pytest.raises(NetworkError, match=r"Population 'o': current = 5. Hz does not fit|Population 'o'"):
        _ = Population("o", 1, LIF(tau_m=10 * ms, v_th=1 * mV), 5 * Hz).model
