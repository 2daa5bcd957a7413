"""Initial values of populations: the same numbers in every execution, at the start of each sample."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AdaptiveLIF,
    EquationNeuron,
    Izhikevich,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Uniform,
    deploy,
    emulate_network,
    resume,
    simulate,
    start,
)
from neurosim.errors import NetworkError, QuantisationError, UnitError, UnsupportedError
from neurosim.neurons import BurstLIF, TwoCompartment, TwoSynapseLIF
from neurosim.units import Hz, ms, mV, nS, second

CELL = LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-65 * mV, tau_syn=5 * ms)
START = {"v": Uniform(-64 * mV, -51 * mV), "g": np.linspace(0, 90, 6) * mV}


def network(neuron=CELL, initial=None, seed=1, **given):
    initial = START if initial is None else initial
    populations = [Population("noise", 4, PoissonInput(50 * Hz)), Population("cells", 6, neuron, initial=initial, **given)]
    weights = np.full((4, 6), 2.0) * mV if neuron.weight_units.get("default") == "volt" else []
    projections = [Projection("noise", "cells", weights)] if len(weights) else []
    probes = [Probe("cells", name) for name in initial]
    return Network("begins", populations, projections, probes, seed=seed)


def test_values_are_drawn_once_for_all_executions():
    described = network()
    values = described.initial("cells")
    assert np.ptp(values["v"]) > 1e-3 and -0.064 <= values["v"].min() and values["v"].max() <= -0.051
    assert_allclose(values["g"], np.linspace(0, 0.09, 6))
    assert_array_equal(network().initial("cells")["v"], values["v"])
    assert not np.array_equal(network(seed=2).initial("cells")["v"], values["v"])


@pytest.mark.parametrize("neuron", [CELL, AdaptiveLIF(tau_m=20 * ms, v_th=8 * mV, theta_jump=1 * mV, tau_theta=50 * ms)])
def test_brian2_step_equals_the_emulator(neuron):
    given = START if neuron is CELL else {"v": Normal(4 * mV, 1 * mV), "theta": 2 * mV}
    described = network(neuron, given)
    own, brian = emulate_network(described, 60 * ms), simulate(described, 60 * ms, integration="step")
    for key in own.states:
        assert_allclose(own.states[key], brian.states[key], rtol=1e-12, atol=1e-15)
    assert_array_equal(own.spikes["cells"].step, brian.spikes["cells"].step)
    assert len(own.spikes["cells"]) > 1


def test_a_voltage_decays_from_its_initial_value():
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=10 * mV), initial={"v": [1, 5, 9] * mV})
    described = Network("alone", [cells], probes=[Probe("cells", "v")])
    known = np.array([1, 5, 9]) * 1e-3 * np.exp(-np.arange(1, 11)[:, None] / 20)
    simulated = [simulate(described, 10 * ms, integration=how) for how in ("exact", "step")]
    for found in (emulate_network(described, 10 * ms), *simulated):
        assert_allclose(found.states["cells", "v"][0], known, rtol=1e-9)


def test_integers_of_a_chip_begin_at_the_rounded_values_and_report_them():
    chip = deploy(network())
    step = chip.network.initial("cells")["v"]
    run = chip.start("fixed")
    assert_allclose(run.states["cells", "v"], step, atol=2e-5)
    losses = [loss for loss in chip.report.losses if loss.field == "initial v"]
    assert losses and losses[0].kind == "rounding"
    with pytest.raises(QuantisationError, match="initial v"):
        deploy(network(LIF(tau_m=20 * ms, v_th=10 * mV), {"v": -1e6 * mV}))


def test_each_sample_and_each_rest_begins_there(tmp_path):
    run = start(network())
    before = run.states["cells", "v"]
    run.advance(30 * ms)
    assert not np.array_equal(run.states["cells", "v"], before)
    run.rest()
    assert_array_equal(run.states["cells", "v"], before)


BEGIN = [start, lambda n: start(n, on="brian2"), lambda n: start(n, on="brian2", integration="step")]


@pytest.mark.parametrize("begin", BEGIN)
def test_stretches_and_resumed_runs_equal_one_run(begin, tmp_path):
    whole, run = begin(network()), begin(network())
    expected = whole.advance(40 * ms)
    run.advance(13 * ms)
    run.save(tmp_path / "run.h5")
    other = resume(tmp_path / "run.h5", network())
    for each in (run, other):
        assert_array_equal(each.advance(27 * ms).states["cells", "v"], expected.states["cells", "v"][:, 13:])


def test_neurons_with_equations_begin_there():
    own = EquationNeuron(model="dv/dt = -v/(10*ms) : volt\nx = 2*v : volt", threshold="v > 1*volt", initial={"v": 1 * mV})
    described = network(own, {"v": [1, 2, 3, 4, 5, 6] * mV})
    found = simulate(described, 1 * ms).states["cells", "v"][0, 0]
    assert_allclose(found, np.arange(1, 7) * 1e-3 * np.exp(-0.1), rtol=1e-6)
    with pytest.raises(NetworkError, match="'x' is computed from other variables"):
        network(own, {"x": 1 * mV})
    for neuron, given in ((Izhikevich(a=0.02, b=0.2, c=-65 * mV, d=8), {"v": -60 * mV}), (TwoCompartment(), {"v_s": -60 * mV})):
        simulate(network(neuron, given), 2 * ms)


def test_neurons_written_as_a_step_begin_there():
    two = TwoSynapseLIF(tau_m=20 * ms, tau_e=5 * ms, tau_i=5 * ms, v_th=10 * mV, refractory=2 * ms)
    held = network(two, {"held": [0, 5, 0, 0, 0, 0], "v": 9 * mV})
    assert_array_equal(emulate_network(held, 3 * ms).states["cells", "held"][0, 0], [0, 4, 0, 0, 0, 0])
    assert_array_equal(simulate(held, 3 * ms, integration="step").states["cells", "held"][0, 0], [0, 4, 0, 0, 0, 0])
    with pytest.raises(NetworkError, match="whole numbers"):
        emulate_network(network(two, {"held": 0.5}), 1 * ms)
    burst = network(BurstLIF(), {"v": 1 * mV, "baseline": 0.25})
    assert emulate_network(burst, 1 * ms).states["cells", "v"].shape == (1, 1, 6)


def test_lava_refuses_them_by_name():
    with pytest.raises(UnsupportedError, match="'cells': initial values of v, u"):
        from neurosim.backends.lava.export import check_graph

        check_graph(deploy(network()).program)


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"w": 1 * mV}, NetworkError, "Unknown variable"),
        ({"v": 1 * second}, UnitError, "volt"),
        ({"v": -60}, UnitError, "volt"),
        ({"v": [1, 2] * mV}, NetworkError, r"expected a single value or \(6,\)"),
        ({"v": np.nan * mV}, NetworkError, "finite"),
        ({"v": "rand()*mV"}, NetworkError, "distribution"),
        ({"v": Uniform(0 * nS, 1 * nS)}, UnitError, "volt"),
        ({"v": None}, NetworkError, "v"),
        ([1], NetworkError, "initial"),
        ({3: 1 * mV}, NetworkError, "mapping of texts"),
    ],
)
def test_what_does_not_fit_is_refused(given, error, text):
    with pytest.raises(error, match=text):
        Population("cells", 6, CELL, initial=given)


def test_an_input_accepts_none():
    with pytest.raises(NetworkError, match="no variables"):
        Population("noise", 6, PoissonInput(1 * Hz), initial={"v": 1})
