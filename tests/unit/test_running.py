"""A running network: what is read and set between stretches, host functions, and errors that name what was found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    ImageInput,
    LabelInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Recording,
    Sparse,
    SpikeArray,
    SpikeRaster,
    Uniform,
    deploy,
    resume,
    start,
)
from neurosim.errors import DataError, NetworkError, NeurosimError, UnitError, UsageError
from neurosim.plasticity import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre, synaptic
from neurosim.units import Hz, ms, mV, second, volt

RULE = PlasticityRule(
    "rewarded",
    traces={"x": pre(20 * ms), "y": post(20 * ms), "tag": synaptic(100 * ms)},
    modulators={"M": broadcast(peak=2)},
    on_post={"tag": "x"},
    on_pre={"tag": "-0.5 * y"},
    every={1: {"w": "eta * M * tag"}},
    parameters={"eta": 0.05 * mV},
    bounds=(0 * mV, 4 * mV),
)
SPARSE = sparse.csr_array(np.array([[1.0, 0], [0, 1], [1, 1]]))


def network(rule=RULE, weights=None, probes=()):
    parts = [Population("inputs", 6, PoissonInput(100 * Hz)), Population("cells", 3, LIF(tau_m=20 * ms, v_th=8 * mV))]
    given = np.full((6, 3), 2.0) * mV if weights is None else weights
    return Network("running", parts, [Projection("inputs", "cells", given, plasticity=rule, name="plastic")], probes, seed=3)


ENGINES = {
    "emulator": start,
    "fixed": lambda network: deploy(network).start(),
    "Brian2 exact": lambda network: start(network, on="brian2"),
    "Brian2 step": lambda network: start(network, on="brian2", integration="step"),
}


@pytest.fixture(params=ENGINES)
def run(request):
    running = ENGINES[request.param](network())
    running.signals["M"] = 1.0
    return running


def test_a_deployment_starts_on_its_chip_unless_another_execution_is_named():
    chip = deploy(network())
    assert "fixed" in repr(start(chip)) and "float" in repr(start(chip, "float")) and "float" in repr(start(network()))


def test_views_show_their_names(run):
    assert repr(run.weights) == "Weights('plastic')"
    assert "'plastic', 'tag'" in repr(run.synapses) and "'cells', 'v'" in repr(run.states)
    assert "'plastic', 'eta'" in repr(run.constants)
    assert repr(run.inputs) == "Inputs('inputs': PoissonInput(rate=100. Hz))"
    assert repr(run.currents) == "Currents('cells': None)"
    assert repr(run.signals) == "Signals('M': 1.0)"
    del run.signals["M"]
    run.currents["cells"] = 3 * mV
    assert repr(run.signals) == "Signals(none), without a value: M" and repr(run.currents) == "Currents('cells': 3. mV)"


def test_what_a_chip_cannot_hold_is_said_in_described_units():
    run = start(deploy(network()))
    kept = run.weights["plastic"]
    found = r"Running: {}: found {}; the chip holds \S+ to \S+ there, in SI\. Set smaller values"
    with pytest.raises(NetworkError, match=found.format("weights of 'plastic'", 5)) as error:
        run.weights["plastic"] = 5.0
    high = error.value.high
    assert_array_equal(run.weights["plastic"], kept)
    run.weights["plastic"] = high
    assert_allclose(run.weights["plastic"], high, rtol=1e-3)
    with pytest.raises(NetworkError, match=found.format("'v' of 'cells'", 10**9)):
        run.states["cells", "v"] = 1e9
    with pytest.raises(NetworkError, match=found.format("'x' of 'plastic'", 10**9)):
        run.synapses["plastic", "x"] = 1e9
    with pytest.raises(NetworkError, match=found.format("'x' of 'plastic'", "-0.5")) as error:
        run.synapses["plastic", "x"] = -0.5
    run.synapses["plastic", "x"] = error.value.high                # 127, the largest number of seven bits
    assert_allclose(run.synapses["plastic", "x"], error.value.high)
    with pytest.raises(NetworkError, match=found.format("current of 'cells'", "9")) as error:
        run.currents["cells"] = 9 * volt
    assert run.currents["cells"] is None
    run.currents["cells"] = 0.99 * error.value.high * volt
    with pytest.raises(NetworkError, match="'eta' of 'plastic' is Uniform.*; expected one number or quantity"):
        run.constants["plastic", "eta"] = Uniform(0, 1)


def test_weights_are_set_in_described_units(run):
    run.advance(50 * ms)
    run.weights["plastic"] = np.linspace(1, 3, 18).reshape(6, 3) * mV
    assert_allclose(run.weights["plastic"], np.linspace(1e-3, 3e-3, 18).reshape(6, 3), atol=2e-5)
    run.weights["plastic"] = 1e-3
    assert_allclose(run.weights["plastic"], 1e-3, atol=2e-5)


def test_states_are_set_in_described_units(run):
    run.states["cells", "v"] = 5 * mV
    assert_allclose(run.states["cells", "v"], 5e-3, atol=1e-4)
    run.states["cells", "v"] = [1e-3, 2e-3, 3e-3]
    assert_allclose(run.states["cells", "v"], [1e-3, 2e-3, 3e-3], atol=1e-4)
    assert ("cells", "v") in list(run.states)


def test_states_are_drawn_from_a_distribution(run):
    run.states["cells", "v"] = Uniform(2 * mV, 6 * mV)
    drawn = run.states["cells", "v"]
    assert 2e-3 <= drawn.min() < drawn.max() <= 6e-3 + 1e-9
    with pytest.raises(UnitError, match="Uniform.low"):
        run.states["cells", "v"] = Uniform(2, 6)


def test_traces_and_tags_are_set(run):
    run.advance(30 * ms)
    before = run.synapses["plastic", "y"]
    run.synapses["plastic", "x"] = 1.0
    assert_allclose(run.synapses["plastic", "x"], 1.0, atol=0.02)
    assert_allclose(run.synapses["plastic", "y"], before, rtol=1e-12, atol=0)
    run.synapses["plastic", "tag"] = 0.25
    assert_allclose(run.synapses["plastic", "tag"], 0.25, atol=0.02)


def test_frozen_weights_stay_and_traces_go_on(run):
    run.learning(False)
    run.advance(100 * ms)
    assert not run.learns and np.ptp(run.weights["plastic"]) == 0
    assert np.abs(run.synapses["plastic", "x"]).max() > 0.1
    run.learning(True)
    run.advance(100 * ms)
    assert run.learns and np.any(np.abs(run.weights["plastic"] - 2e-3) > 1e-4)


def test_constants_of_rules_are_set(run):
    run.advance(40 * ms)
    before = run.weights["plastic"]
    run.constants["plastic", "eta"] = 0.0
    run.advance(100 * ms)
    assert_array_equal(run.weights["plastic"], before)
    run.constants["plastic", "eta"] = 0.1 * mV
    run.advance(100 * ms)
    assert run.constants["plastic", "eta"] == pytest.approx(1e-4)
    assert not np.array_equal(run.weights["plastic"], before)


def test_host_functions_are_called_at_their_times(run):
    seen = []
    run.every(20 * ms, lambda r: seen.append(r.step))
    for duration in (7, 13, 1, 39):
        run.advance(duration * ms)
    assert seen == [20, 40, 60]


def test_a_third_factor_in_a_closed_loop(run):
    given = []

    def reward(r):
        given.append(0.5 if r.step else 0.0)
        return given[-1]

    run.feedback("M", reward, every=10 * ms)
    run.advance(35 * ms)
    assert given == [0.0, 0.5, 0.5, 0.5] and run.signals["M"] == 0.5


def test_saved_changes_are_resumed(run, tmp_path):
    run.advance(30 * ms)
    run.constants["plastic", "eta"] = 0.02 * mV
    run.inputs["inputs"] = PoissonInput(50 * Hz)
    run.learning(False)
    run.advance(30 * ms)
    run.save(tmp_path / "run.h5")
    chip = "emulator fixed" in repr(run)
    other = resume(tmp_path / "run.h5", deploy(network()) if chip else network())
    assert not other.learns and other.constants["plastic", "eta"] == pytest.approx(2e-5) and repr(other) == repr(run)
    for each in (run, other):
        each.learning(True)
        each.advance(60 * ms)
    assert_array_equal(other.weights["plastic"], run.weights["plastic"])


def test_inputs_are_changed_during_the_run():
    run = start(network())
    run.signals["M"] = 0
    assert len(run.advance(100 * ms).spikes["inputs"]) > 20
    run.inputs["inputs"] = SpikeArray([], [])
    assert len(run.advance(100 * ms).spikes["inputs"]) == 0
    run.inputs["inputs"] = SpikeRaster(np.eye(6, dtype=int))
    found = run.advance(10 * ms).spikes["inputs"]
    assert list(found.step) == list(found.neuron) == list(range(6))
    run.inputs["inputs"] = PoissonInput(np.array([0, 0, 0, 0, 0, 1000]) * Hz)
    assert set(run.advance(10 * ms).spikes["inputs"].neuron) == {5}


def test_images_are_shown_one_after_the_other():
    parts = [
        Population("pixels", 4, ImageInput(RateCoding(10))),
        Population("teacher", 2, LabelInput(3)),
        Population("cells", 2, LIF(tau_m=20 * ms, v_th=5 * mV)),
    ]
    described = Network("shown", parts, [Projection("pixels", "cells", np.full((4, 2), 2.0) * mV)])
    run = start(described)
    assert len(run.advance(10 * ms).spikes["pixels"]) == 0
    run.show([1, 0, 0, 0.5], label=1)
    found = run.advance(20 * ms).spikes
    assert_array_equal(np.bincount(found["pixels"].neuron, minlength=4), [10, 0, 0, 5])
    assert list(found["teacher"].step) == [3] and list(found["teacher"].neuron) == [1]
    with pytest.raises(NetworkError, match="intensities must be from 0 to 1"):
        run.show([2, 0, 0, 0])


def test_sparse_weights_stay_sparse():
    parts = [Population("a", 3, PoissonInput(50 * Hz)), Population("b", 2, LIF(tau_m=20 * ms, v_th=5.0))]
    described = Network("sparse", parts, [Projection("a", "b", SPARSE)])
    for on in ("emulator", "brian2"):
        run = start(described, on=on)
        run.advance(5 * ms)
        run.weights["a_b"] = run.weights["a_b"] * 2
        assert sparse.issparse(run.weights["a_b"])
        assert_array_equal(run.weights["a_b"].toarray(), 2 * SPARSE.toarray())
        with pytest.raises(NetworkError, match="no synapse"):
            run.weights["a_b"] = np.ones((3, 2))


def test_recordings_can_be_forgotten():
    run = start(network(probes=[Probe("cells", "v"), Probe("plastic", "w", every=10 * ms)]))
    run.signals["M"] = 1
    run.advance(30 * ms)
    run.forget()
    run.advance(20 * ms)
    assert run.recording.steps == 20 and run.step == 50 and run.time == 50 * ms
    assert list(run.recording.weights["plastic"].steps) == [0, 10, 20]


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda r: r.weights["plastik"], "Did you mean 'plastic'"),
        (lambda r: r.weights.__setitem__("plastic", np.ones((2, 2))), r"expected \(n_pre, n_post\) = \(6, 3\)"),
        (lambda r: r.weights.__setitem__("plastic", np.full((6, 3), np.nan)), "NaN"),
        (lambda r: r.states["cells", "vv"], "Did you mean 'v'"),
        (lambda r: r.states["cells"], "expected population and variable"),
        (lambda r: r.states["inputs", "v"], "Unknown variable"),
        (lambda r: r.synapses["plastic", "z"], "Unknown variable"),
        (lambda r: r.constants["plastic", "etta"], "Did you mean 'eta'"),
        (lambda r: r.signals.__setitem__("N", 1), "Unknown third factor"),
        (lambda r: r.signals.__setitem__("M", 3), "above its peak of 2"),
        (lambda r: r.signals.__setitem__("M", [1, 2]), r"one per post neuron, \(3,\)"),
        (lambda r: r.inputs.__setitem__("inputs", ImageInput(RateCoding(3))), "expected one of PoissonInput"),
        (lambda r: r.inputs.__setitem__("input", PoissonInput(1 * Hz)), "Did you mean 'inputs'"),
        (lambda r: r.weights.__delitem__("plastic"), "cannot be removed"),
        (lambda r: r.show(np.zeros(6)), "has no ImageInput"),
        (lambda r: r.every(0.5 * ms, print), "whole"),
        (lambda r: r.advance(10 * ms), "no signal was given"),
    ],
)
def test_wrong_names_and_values(act, text):
    with pytest.raises(NetworkError, match=text):
        act(start(network()))


def test_wrong_units_and_executions(tmp_path):
    run = start(network())
    with pytest.raises(UnitError, match="volt"):
        run.weights["plastic"] = np.ones((6, 3)) * second
    with pytest.raises(UnitError, match="eta"):
        run.constants["plastic", "eta"] = 1 * second
    with pytest.raises(UsageError, match="nothing was recorded"):
        _ = run.recording
    with pytest.raises(UsageError, match="Did you mean 'brian2'"):
        start(network(), on="brian")
    with pytest.raises(UsageError, match="runs from start to end"):
        start(network(), on="brian2", target="cpp_standalone")
    with pytest.raises(UsageError, match="no option target"):
        start(network(), on="emulator", target="numpy")
    run.signals["M"] = 0
    run.advance(5 * ms)
    run.save(tmp_path / "run.h5")
    with pytest.raises(DataError, match="another network"):
        resume(tmp_path / "run.h5", network(weights=np.full((6, 3), 1.0) * mV))
    with pytest.raises(DataError, match="missing|no such file|not found"):
        resume(tmp_path / "none.h5", network())


def test_recent_spikes_and_states():
    run = start(network(probes=[Probe("cells", "v")]))
    run.signals["M"] = 1.0
    for stretch in (7, 20, 13):
        run.advance(stretch * ms)
    whole, recent = run.recording, run.recent(25 * ms)
    late = whole.spikes["inputs"].step >= 15
    assert_array_equal(recent.spikes["inputs"].step, whole.spikes["inputs"].step[late] - 15)
    assert_array_equal(recent.spikes["inputs"].neuron, whole.spikes["inputs"].neuron[late])
    assert_array_equal(recent.states["cells", "v"], whole.states["cells", "v"][:, 15:])
    assert recent.steps == 25 and run.recent(1 * second).steps == 40


NO_NUMBERS = ("x", True, None, [[1], [1, 2]], np.nan, 1j)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
@pytest.mark.parametrize(
    ("view", "key"),
    [("weights", "plastic"), ("states", ("cells", "v")), ("synapses", ("plastic", "x")), ("constants", ("plastic", "eta"))],
)
def test_what_is_set_consists_of_numbers(view, key, value):
    with pytest.raises(NeurosimError, match="expected.*number|cannot|number"):
        getattr(start(network()), view)[key] = value


@pytest.mark.parametrize("on", [{}, {"on": "brian2", "integration": "step"}], ids=str)
@pytest.mark.parametrize("factor", [np.nan, 1j])
def test_sparse_weights_that_are_set_consist_of_numbers(on, factor):
    matrix = sparse.csr_array(np.eye(6, 3))
    running = start(network(weights=Sparse(matrix, 1 * mV)), **on)
    with pytest.raises(NeurosimError, match="weights of 'plastic': .*numbers"):
        running.weights["plastic"] = matrix * factor


@pytest.mark.parametrize(
    "act",
    [
        lambda run: run.advance(0.5 * ms),
        lambda run: run.weights[5],
        lambda run: run.record(5),
        lambda run: run.rest(keep=5),
        lambda run: run.learning("no"),
        lambda run: run.to(None),
        lambda run: run.to("x.h5", keep=-1 * ms),
        lambda run: run.to("x.h5", keep=np.nan * ms),
        lambda run: run.to("x.h5", keep=np.inf * ms),
        *(lambda run, path=path: run.save(path) for path in ("", 5, None, "a\0b")),
        *(lambda run, path=path: resume(path, run.network) for path in (5, None)),
        *(lambda run, path=path: Recording.load(path) for path in (5, None)),
    ],
)
def test_wrong_arguments_are_refused_by_name(act):
    with pytest.raises(NeurosimError, match="expected"):
        act(start(network()))


def test_a_host_function_does_not_run_on_by_itself():
    running = start(network())
    running.signals["M"] = 1.0
    running.every(2 * ms, lambda run: run.advance(1 * ms))
    with pytest.raises(UsageError, match="called by a function of every"):
        running.advance(3 * ms)
    assert running.step == 2


def test_one_state_to_keep_needs_no_list():
    running = start(network())
    running.states["cells", "v"] = 3 * mV
    running.rest(keep="v")
    assert_allclose(running.states["cells", "v"], 0.003)


def test_a_host_function_may_drop_the_recording():
    run = start(network())
    run.signals["M"] = 1.0
    run.every(10 * ms, lambda running: running.forget())
    assert run.advance(25 * ms).steps == 25
    assert run.recording.steps == 5


def test_only_some_spikes_are_kept():
    run = start(network())
    run.signals["M"] = 1.0
    whole = start(network())
    whole.signals["M"] = 1.0
    run.record("cells")
    found, all_spikes = run.advance(200 * ms), whole.advance(200 * ms)
    assert len(found.spikes["inputs"]) == 0 < len(all_spikes.spikes["inputs"])
    assert_array_equal(found.spikes["cells"].step, all_spikes.spikes["cells"].step)
    with pytest.raises(NetworkError, match="cell"):
        run.record("cell")


def test_long_stretches_draw_their_inputs_in_pieces(monkeypatch):
    whole = start(network()).advance(300 * ms, signals={"M": np.linspace(0, 1, 300)})
    monkeypatch.setattr("neurosim.backends.running.run._PAYLOADS", 6 * 7)
    pieces = start(network()).advance(300 * ms, signals={"M": np.linspace(0, 1, 300)})
    assert_array_equal(whole.spikes["cells"].step, pieces.spikes["cells"].step)
    assert_array_equal(whole.spikes["inputs"].neuron, pieces.spikes["inputs"].neuron)
