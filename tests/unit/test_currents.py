"""Currents of populations that change in time: known answers, equality between executions, stretches, and refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AdEx,
    EquationNeuron,
    ImageInput,
    Izhikevich,
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
from neurosim.backends.emulator.kernel_source import kernel_source
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.neurons import BurstLIF, TwoSynapseLIF
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, mV, pA

ROWS = np.array([4.0, 12, 0, 30, -3])
EACH = np.random.default_rng(3).uniform(-5, 30, (5, 4))
CELL = LIF(tau_m=20 * ms, v_th=10 * mV, bias=1 * mV, tau_syn=5 * ms)


def driven(neuron=CELL, values=ROWS, every=20 * ms, unit=mV, n=4, dt=1 * ms):
    cells = Population("cells", n, neuron, current=Timed(values * unit, every))
    return Network("driven", [cells], probes=[Probe("cells", "v")], dt=dt)


def test_a_row_holds_for_its_time_in_every_execution():
    network = driven(LIF(tau_m=20 * ms, v_th=1000 * mV, bias=1 * mV))
    target, v, known = np.repeat(ROWS + 1, 20) * 1e-3, 0.0, []
    for aim in target:
        v = aim + (v - aim) * np.exp(-1 / 20)
        known.append(v)
    simulated = [simulate(network, 100 * ms, integration=how) for how in ("exact", "step")]
    for found in (emulate_network(network, 100 * ms), *simulated):
        assert_allclose(found.states["cells", "v"][0], np.repeat(known, 4).reshape(100, 4), rtol=1e-9)


NEURONS = {
    "LIF": CELL,
    "SoftResetLIF": SoftResetLIF(tau_m=20 * ms, v_th=10 * mV),
    "RefractoryLIF": RefractoryLIF(tau_m=20 * ms, v_th=10 * mV, refractory=3 * ms),
    "per step": LIF(tau_m=per_step(0.9), v_th=20 * mV),
    "differing": LIF(tau_m=[10, 15, 20, 25] * ms, v_th=10 * mV, bias=[0, 1, 2, 3] * mV),
    "TwoSynapseLIF": TwoSynapseLIF(tau_m=20 * ms, tau_e=5 * ms, tau_i=5 * ms, v_th=10 * mV, refractory=2 * ms),
}


@pytest.mark.parametrize("values", [ROWS, EACH], ids=["for all", "for each"])
@pytest.mark.parametrize("neuron", NEURONS.values(), ids=NEURONS)
def test_brian2_step_equals_the_emulator(neuron, values):
    network = driven(neuron, values)
    own, brian = emulate_network(network, 100 * ms), simulate(network, 100 * ms, integration="step")
    assert_allclose(own.states["cells", "v"], brian.states["cells", "v"], rtol=1e-12, atol=1e-15)
    assert_array_equal(own.spikes["cells"].step, brian.spikes["cells"].step)
    assert len(own.spikes["cells"]) > 5


@pytest.mark.parametrize("neuron", NEURONS.values(), ids=NEURONS)
def test_equal_rows_are_a_constant_current(neuron):
    constant = Network("driven", [Population("cells", 4, neuron, current=14 * mV)], probes=[Probe("cells", "v")])
    for run in (emulate_network, lambda n, t: simulate(n, t, integration="step")):
        expected, found = run(constant, 60 * ms), run(driven(neuron, np.full(3, 14.0)), 60 * ms)
        assert_array_equal(found.states["cells", "v"], expected.states["cells", "v"])


def test_neurons_of_continuous_time_only():
    for neuron, values, unit in (
        (Izhikevich(a=0.02, b=0.2, c=-65 * mV, d=8), np.array([0.0, 10, 0]), 1),
        (AdEx(), np.array([0.0, 800, 0]), pA),
    ):
        found = simulate(driven(neuron, values, 100 * ms, unit, dt=0.1 * ms), 300 * ms).spikes["cells"].step
        assert len(found) and 1000 <= found.min() and found.max() < 2100


def test_a_burst_neuron_follows_its_current():
    network = driven(BurstLIF(), np.array([0.0, 40, 0]), 50 * ms)
    found = emulate_network(network, 150 * ms)
    assert_array_equal(found.spikes["cells"].step, simulate(network, 150 * ms, integration="step").spikes["cells"].step)
    assert len(found.spikes["cells"]) and 50 <= found.spikes["cells"].step.min()


def test_integers_of_a_chip_follow_the_rounded_current():
    network = Network(
        "chip",
        [Population("noise", 3, PoissonInput(50 * Hz)), Population("cells", 4, CELL, current=Timed(EACH * mV, 20 * ms))],
        [Projection("noise", "cells", np.full((3, 4), 2.0) * mV)],
        [Probe("cells", "v")],
    )
    chip = deploy(network)
    assert any(loss.where == "cells" and loss.field == "bias" for loss in chip.report.losses)
    whole, real = chip.emulate(100 * ms), emulate_network(network, 100 * ms)
    assert abs(len(whole.spikes["cells"]) - len(real.spikes["cells"])) <= 2 and len(real.spikes["cells"]) > 10
    first = real.spikes["cells"].step.min()
    assert_allclose(whole.states["cells", "v"][0, :first], real.states["cells", "v"][0, :first], atol=2e-4)
    run = chip.start("fixed")
    parts = [run.advance(t * ms).states["cells", "v"] for t in (13, 47, 40)]
    assert_array_equal(np.concatenate(parts, axis=1), whole.states["cells", "v"])


BEGIN = {
    "emulator": start,
    "Brian2": lambda n: start(n, on="brian2"),
    "step": lambda n: start(n, on="brian2", integration="step"),
}


@pytest.mark.parametrize("values", [ROWS, EACH], ids=["for all", "for each"])
@pytest.mark.parametrize("begin", BEGIN.values(), ids=BEGIN)
def test_stretches_and_resumed_runs_equal_one_run(begin, values, tmp_path):
    network = driven(values=values)
    whole, run = begin(network), begin(network)
    expected = whole.advance(100 * ms).states["cells", "v"]
    run.advance(33 * ms)
    run.save(tmp_path / "run.h5")
    for each in (run, resume(tmp_path / "run.h5", network)):
        assert_array_equal(each.advance(67 * ms).states["cells", "v"], expected[:, 33:])


def test_each_sample_begins_anew():
    cells = Population("cells", 4, CELL, current=Timed(EACH * mV, 4 * ms))
    network = Network("samples", [Population("image", 1, ImageInput(RateCoding(5))), cells], probes=[Probe("cells", "v")])
    for run in (emulate_network, simulate):
        assert_array_equal(*run(network, 20 * ms, images=np.zeros((2, 1))).states["cells", "v"])


def test_a_program_without_such_currents_has_the_code_that_it_had():
    assert "_row(step" not in kernel_source(lower(Network("plain", [Population("cells", 4, CELL, current=3 * mV)])))
    assert "_row(step" in kernel_source(lower(driven()))


WHOLE = [emulate_network, simulate, lambda n, t: start(n).advance(t), lambda n, t: BEGIN["step"](n).advance(t)]


@pytest.mark.parametrize("begin", WHOLE)
def test_a_run_that_is_longer_than_the_rows_is_refused(begin):
    begin(driven(), 100 * ms)
    with pytest.raises(NetworkError, match="5 (rows|values)"):
        begin(driven(), 101 * ms)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: driven(unit=pA), UnitError, "volt"),
        (lambda: driven(values=np.ones((3, 2))), NetworkError, r"\(rows, 4\)"),
        (lambda: driven(every=1.5 * ms), NetworkError, "whole number of steps"),
        (lambda: Population("noise", 2, PoissonInput(1 * Hz), current=Timed(ROWS * mV, 1 * ms)), NetworkError, "no current"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


def own_neuron(**given):
    parameters = {"I": 0 * mV, "tau": 20 * ms}
    return EquationNeuron(
        model="dv/dt = (I - v)/tau : volt", threshold="v > 10*mV", reset="v = 0*mV", parameters=parameters, method="exact",
        **given,
    )  # fmt: skip


def test_neurons_with_equations_are_driven():
    found, plain = (simulate(driven(neuron), 100 * ms) for neuron in (own_neuron(drive="I"), LIF(tau_m=20 * ms, v_th=10 * mV)))
    assert_allclose(found.states["cells", "v"], plain.states["cells", "v"], atol=1e-9)
    with pytest.raises(NetworkError, match="drive='I'"):
        driven(own_neuron())
    with pytest.raises(NetworkError, match="Unknown parameter 'J'"):
        own_neuron(drive="J")


def test_currents_are_set_during_the_run(set_run):
    run, chip = set_run
    quiet = run.advance(30 * ms)
    assert len(quiet.spikes["cells"]) == 0 and run.currents["cells"] is None
    run.currents["cells"] = 15 * mV
    v, target, known = run.states["cells", "v"].copy(), 16e-3, []
    for _ in range(10):
        v = target + (v - target) * np.exp(-1 / 20)
        known.append(v)
    found = run.advance(10 * ms).states["cells", "v"][0]
    assert_allclose(found, known, atol=2e-4 if chip else 1e-12)
    run.currents["cells"] = [0, 15, 0, 15] * mV
    assert set(run.advance(100 * ms).spikes["cells"].neuron) == {1, 3}
    run.currents["cells"] = 0 * mV
    assert len(run.advance(100 * ms).spikes["cells"]) == 0


def test_a_course_that_is_set_begins_at_the_present_step(set_run, tmp_path):
    run, chip = set_run
    run.advance(17 * ms)
    run.currents["cells"] = Timed([0, 30, 0] * mV, 20 * ms)
    run.advance(7 * ms)
    run.save(tmp_path / "run.h5")
    network = deploy(resting(), chip) if chip else resting()
    rest = [each.advance(53 * ms) for each in (run, resume(tmp_path / "run.h5", network))]
    spikes = rest[0].spikes["cells"].step + 7
    assert len(spikes) and 20 <= spikes.min() and spikes.max() < 41
    assert_array_equal(*(found.states["cells", "v"] for found in rest))
    with pytest.raises(NetworkError, match="3 (rows|values)"):
        run.advance(1 * ms)


@pytest.mark.parametrize("begin", [BEGIN["Brian2"], BEGIN["step"]], ids=["Brian2", "step"])
def test_a_course_can_be_set_beside_noise(begin):
    noisy = LIF(tau_m=20 * ms, v_th=10 * mV, noise={"v": 0.1 * mV / ms**0.5})
    run = begin(Network("noisy", [Population("cells", 4, noisy)], probes=[Probe("cells", "v")]))
    run.advance(5 * ms)
    run.currents["cells"] = Timed([0, 40, 0] * mV, 20 * ms)
    spikes = run.advance(60 * ms).spikes["cells"].step
    assert len(spikes) and 20 <= spikes.min() and spikes.max() < 42


def resting():
    return Network("set", [Population("cells", 4, LIF(tau_m=20 * ms, v_th=10 * mV, bias=1 * mV))], probes=[Probe("cells", "v")])


SET = {
    **BEGIN,
    "fixed": lambda n: deploy(n).start("fixed"),
    "loihi1": lambda n: deploy(n, "loihi1").start("loihi1"),
}


@pytest.fixture(params=SET)
def set_run(request):
    return SET[request.param](resting()), {"fixed": "loihi2", "loihi1": "loihi1"}.get(request.param, "")


def test_currents_begin_anew_at_rest():
    run = start(resting())
    run.advance(10 * ms)
    run.currents["cells"] = Timed([0, 30] * mV, 20 * ms)
    first = run.advance(40 * ms).states["cells", "v"]
    run.rest()
    assert_allclose(run.advance(40 * ms).states["cells", "v"][0, 30], first[0, 30], rtol=0.2)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1 * pA, NetworkError, "volt"),
        (None, NetworkError, "found None"),
        ([1, 2] * mV, NetworkError, r"bias has shape \(2,\)"),
        (np.nan * mV, NetworkError, "finite"),
        (Timed([1, 2] * mV, 0.3 * ms), NetworkError, "whole number of steps"),
        (Timed([[1, 2]] * mV, 1 * ms), NetworkError, r"\(rows, 4\)"),
    ],
)
def test_currents_that_do_not_fit_are_refused(value, error, text):
    run = start(resting())
    with pytest.raises(error, match=text):
        run.currents["cells"] = value
    assert run.currents["cells"] is None
    with pytest.raises(NetworkError, match="Unknown population"):
        run.currents["cell"] = 1 * mV


def test_lava_refuses_them_by_name():
    from neurosim.backends.lava.export import check_graph

    with pytest.raises(UnsupportedError, match="'cells': its current changes in time"):
        check_graph(lower(driven()))
