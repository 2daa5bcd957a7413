"""Brian2 in continuous time, against closed forms and against Brian2 written by hand."""

from contextlib import nullcontext
from importlib import import_module

import brian2
import numpy as np
import pytest
from brian2.devices.device import runtime_device
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import neurosim
from neurosim import (
    LIF,
    AllToAll,
    EquationNeuron,
    FixedProbability,
    ImageInput,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    RefractoryLIF,
    SpikeArray,
)
from neurosim.backends.brian2 import simulate
from neurosim.backends.brian2.exact import exact_blueprint
from neurosim.backends.brian2.synapses import WEIGHT
from neurosim.units import Hz, ms, mV, second

QUIET = {"v_th": 1 * brian2.volt}


def one_spike(neuron, weight, variables=("v",), **projection):
    return Network(
        "net",
        [Population("i", 1, SpikeArray([0], [2] * ms)), Population("o", neuron_count(neuron), neuron)],
        [Projection("i", "o", AllToAll(weight), **projection)],
        [Probe("o", v) for v in variables],
        dt=0.1 * ms,
    )


def neuron_count(neuron):
    return max(np.size(getattr(neuron, name)) for name in ("tau_m", "v_rest"))


def after_spike(found, variable, at=20):
    """Time since the spike (s) and the values from then on, of a run with steps of 0.1 ms; the spike is at 2 ms."""
    values = found.states["o", variable][0, at:]
    return np.arange(len(values)) * 1e-4, values


@pytest.mark.parametrize("tau_syn", [5, 20], ids=["faster than the membrane", "slower"])
def test_a_spike_gives_the_difference_of_two_exponentials(tau_syn):
    net = one_spike(LIF(tau_m=10 * ms, tau_syn=tau_syn * ms, v_rest=-60 * mV, **QUIET), 3 * mV, ("v", "g"))
    found = simulate(net, 40 * ms)
    t, g = after_spike(found, "g")
    assert_allclose(g[:, 0], 3e-3 * np.exp(-t / (tau_syn * 1e-3)), rtol=1e-9)
    t, v = after_spike(found, "v")
    kernel = tau_syn / (tau_syn - 10) * (np.exp(-t / (tau_syn * 1e-3)) - np.exp(-t / 10e-3))
    assert_allclose(v[:, 0], -60e-3 + 3e-3 * kernel, rtol=1e-9)


def test_equal_time_constants_give_an_alpha_function():
    # Brian2's own solution for different symbols divides by tau_syn - tau_m.
    found = simulate(one_spike(LIF(tau_m=10 * ms, tau_syn=10 * ms, **QUIET), 3 * mV), 40 * ms)
    t, v = after_spike(found, "v")
    assert_allclose(v[:, 0], 3e-3 * t / 10e-3 * np.exp(-t / 10e-3), rtol=1e-9, atol=1e-15)


def test_time_constants_that_are_equal_in_some_neurons_only():
    found = simulate(one_spike(LIF(tau_m=[5, 10, 20] * ms, tau_syn=10 * ms, **QUIET), 3 * mV), 40 * ms)
    t, v = after_spike(found, "v")
    assert_allclose(v[:, 1], 3e-3 * t / 10e-3 * np.exp(-t / 10e-3), rtol=1e-4, atol=1e-12)
    assert np.isfinite(v).all()


def test_a_delay_shifts_the_response():
    neuron = LIF(tau_m=10 * ms, **QUIET)
    prompt, late = (simulate(one_spike(neuron, 3 * mV, delay=d), 20 * ms) for d in (None, 1.5 * ms))
    assert_array_equal(late.states["o", "v"][0, 15:], prompt.states["o", "v"][0, :-15])
    assert prompt.states["o", "v"][0, 20, 0] == pytest.approx(3e-3)


def test_one_delay_a_synapse():
    net = Network(
        "net",
        [Population("i", 2, SpikeArray([0, 1], [2, 2] * ms)), Population("o", 3, LIF(tau_m=10 * ms, **QUIET))],
        [Projection("i", "o", [[1, 2, 3], [0, 4, 0]] * mV, delay=np.arange(6).reshape(2, 3) * ms)],
        [Probe("o", "v")],
    )
    v = simulate(net, 12 * ms).states["o", "v"][0]
    decay = np.exp(-0.1)
    assert_allclose(v[2:5, 0], [1e-3, 1e-3 * decay, 1e-3 * decay**2])
    assert_allclose(v[6, 1], 2e-3 * decay**3 + 4e-3 * 1 * (v[6, 1] > 4e-3), rtol=1e-9)
    assert v[3, 2] == 0 and v[4, 2] == pytest.approx(3e-3)


def by_hand(net):
    """The network of `recurrent` as a user of Brian2 would write it; names are those that neurosim gives."""
    clock = brian2.Clock(0.1 * ms, name="step_clock")
    volts = {"v_rest": -60 * mV, "v_th": -50 * mV, "v_reset": -60 * mV}
    group = brian2.NeuronGroup(
        60,
        """dv/dt = (v_rest - v + g + bias)/tau_m : volt (unless refractory)
        dg/dt = -g/tau_g : volt
        bias : volt (constant)""",
        threshold="v > v_th", reset="v = v_reset", refractory=3 * ms, method="exact", clock=clock,
        namespace={"tau_m": 20 * ms, "tau_g": 5 * ms, **volts}, name="population_p",
    )  # fmt: skip
    group.v, group.bias = -60 * mV, np.linspace(9, 25, 60) * mV
    parts = [group]
    for projection in net.projections:
        matrix, name = net.weights(projection).toarray(), f"projection_{projection.name}"
        synapses = brian2.Synapses(
            group, group, f"{WEIGHT} : volt", on_pre=f"g_post += {WEIGHT}", delay=1 * ms, clock=clock, name=name
        )
        pre, post = np.nonzero(matrix)
        synapses.connect(i=pre, j=post)
        setattr(synapses, WEIGHT, matrix[pre, post] * brian2.volt)
        parts.append(synapses)
    spikes = brian2.SpikeMonitor(group, name="spikes_p")
    states = brian2.StateMonitor(group, "v", True, clock=clock, when="end", name="states_p")
    brian2.Network(*parts, spikes, states).run(100 * ms, namespace={})
    return np.rint(spikes.t / clock.dt), np.array(spikes.i), np.array(states.v_).T


def generated_code(network):
    """What Brian2 executes in a step, object by object."""
    return [(part.name, part.when, code.code.run) for part in network.sorted_objects for code in part._code_objects]


def recurrent():
    neuron = RefractoryLIF(
        tau_m=20 * ms,
        v_th=-50 * mV,
        v_rest=-60 * mV,
        bias=np.linspace(9, 25, 60) * mV,
        tau_syn=5 * ms,
        refractory=3 * ms,
    )
    return Network(
        "net",
        [Population("p", 60, neuron)],
        [
            Projection("p", "p", FixedProbability(Normal(1 * mV, 0.2 * mV), p=0.2), 1 * ms, name="exc"),
            Projection("p", "p", FixedProbability(Normal(-3 * mV, 0.2 * mV), p=0.1), 1 * ms, name="inh"),
        ],
        [Probe("p", "v")],
        dt=0.1 * ms,
        seed=2,
    )


def test_equals_a_network_written_by_hand_and_executes_the_same_code(monkeypatch):
    monkeypatch.setitem(brian2.prefs, "codegen.target", "numpy")
    programs, after_run = [], brian2.Network.after_run
    monkeypatch.setattr(brian2.Network, "after_run", lambda self: (programs.append(generated_code(self)), after_run(self)))
    net = recurrent()
    found = simulate(net, 100 * ms)
    steps, neurons, v = by_hand(net)
    order = np.lexsort((neurons, steps))
    assert len(steps) > 150
    assert_array_equal(found.spikes["p"].step, steps[order])
    assert_array_equal(found.spikes["p"].neuron, neurons[order])
    assert_array_equal(found.states["p", "v"][0], v)
    described, handwritten = programs
    assert len(described) == 9
    assert described == handwritten


def test_every_receptor_has_a_current_of_its_own():
    # Not run: sympy takes seconds to solve three coupled equations; experiments/benchmark_lowering.py does.
    neuron = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn={"e": 5 * ms, "i": 10 * ms})
    net = Network(
        "net",
        [Population("p", 3, neuron)],
        [Projection("p", "p", AllToAll(1 * mV), receptor=r, name=r) for r in ("e", "i")],
    )
    assert [w.variable for w in exact_blueprint(net).wires] == ["g_e", "g_i"]


def test_input_spikes_are_those_of_the_description_and_the_same_in_both_integrations():
    net = Network(
        "net",
        [Population("i", 5, PoissonInput(80 * Hz)), Population("o", 2, LIF(tau_m=10 * ms, v_th=5 * mV))],
        [Projection("i", "o", AllToAll(3 * mV))],
        dt=0.1 * ms,
    )
    exact, step = (simulate(net, 500 * ms, integration=i) for i in ("exact", "step"))
    assert_array_equal(exact.raster("i"), step.raster("i"))
    assert len(exact.spikes["i"]) == pytest.approx(5 * 80 * 0.5, rel=0.25)
    assert exact.counts("o").sum() == pytest.approx(step.counts("o").sum(), rel=0.1)


def test_images_are_samples():
    net = Network(
        "net",
        [Population("i", 3, ImageInput(RateCoding(10))), Population("o", 1, LIF(tau_m=10 * ms, v_th=1 * mV))],
        [Projection("i", "o", AllToAll(2 * mV), delay=2 * ms)],
        [Probe("o", "v")],
    )
    found = simulate(net, 15 * ms, images=[[1, 0, 0], [0, 0, 0], [0, 1, 0]])
    assert found.samples == 3
    assert_array_equal(found.counts("i"), [[10, 0, 0], [0, 0, 0], [0, 10, 0]])
    assert_array_equal(found.counts("o")[:, 0] > 0, [True, False, True])
    assert_array_equal(found.states["o", "v"][0], found.states["o", "v"][2])


def test_equations_of_the_user_with_parameters_of_any_unit_and_one_value_a_neuron():
    neuron = EquationNeuron(
        model="dv/dt = gain*area/second - v/tau : 1",
        threshold="v > 1",
        reset="v = 0",
        parameters={"gain": 2 / brian2.metre**2, "area": [1, 2] * brian2.metre**2, "tau": 1000 * second},
        receptors={"default": "v"},
        weight_unit="1",
        method="euler",
    )
    net = Network("net", [Population("o", 2, neuron)], probes=[Probe("o", "v")])
    assert_array_equal(simulate(net, 1100 * ms).counts("o"), [[2, 4]])


def test_what_a_recording_tells_about_the_run():
    net = recurrent()
    info = simulate(net, 5 * ms).info
    assert (info["engine"], info["integration"], info["target"], info["seed"]) == ("brian2", "exact", "numpy", 2)
    versions = {"brian2": brian2.__version__, "numpy": np.__version__, "neurosim": neurosim.__version__}
    assert info["versions"] == versions
    assert all(info["seconds"][part][clock] > 0 for part in ("build", "run") for clock in ("wall", "cpu"))


def test_weights_are_recorded_at_the_probed_times():
    weights = sparse.csr_array(np.diag([1e-3, 2e-3]))
    net = Network(
        "net",
        [Population("i", 2, PoissonInput(10 * Hz)), Population("o", 2, LIF(tau_m=10 * ms, v_th=1 * mV))],
        [Projection("i", "o", FixedProbability(1 * mV, p=1.0))],
        [Probe("i_o", "w", every=4 * ms)],
    ).with_weights({"i_o": weights})
    trace = simulate(net, 10 * ms).weights["i_o"]
    assert_array_equal(trace.steps, [0, 4, 8])
    assert_array_equal(trace.values, [weights.toarray()] * 3)


def test_brian2_is_left_as_it_was():
    before = (brian2.get_device(), brian2.prefs["codegen.target"], float(brian2.defaultclock.dt))
    simulate(recurrent(), 1 * ms)
    assert (brian2.get_device(), brian2.prefs["codegen.target"], float(brian2.defaultclock.dt)) == before


@pytest.mark.slow
def test_cpp_standalone_gives_the_same_twice_and_puts_the_device_back(capfd, monkeypatch):
    net, done = recurrent(), []
    expected = simulate(net, 50 * ms)
    engine = import_module("neurosim.backends.brian2.engine")
    monkeypatch.setattr(engine, "fraction_bar", lambda label, wanted: nullcontext(done.append))
    for _ in range(2):
        found = simulate(net, 50 * ms, target="cpp_standalone")
        assert_array_equal(found.raster("p"), expected.raster("p"))
        assert_allclose(found.states["p", "v"], expected.states["p", "v"], rtol=1e-9)
    assert brian2.get_device() is runtime_device
    assert capfd.readouterr() == ("", "")
    assert done[-1] == 1


def test_names_in_any_letters():
    driven, follower = LIF(tau_m=20 * ms, v_th=10 * mV, bias=20 * mV), LIF(tau_m=20 * ms, v_th=1 * mV)
    cells = [Population("größe", 1, driven), Population("β", 2, follower)]
    probes = [Probe("β", "v"), Probe("größe_β", "w", every=5 * ms)]
    net = Network("λ", cells, [Projection("größe", "β", AllToAll(2 * mV))], probes)
    found = simulate(net, 50 * ms)
    assert len(found.spikes["β"]) == 2 * len(found.spikes["größe"]) > 0
    assert_array_equal(net.weights("größe_β"), [[2e-3, 2e-3]])
