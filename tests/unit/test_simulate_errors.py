"""What goes wrong in a run says who, what and how to mend it."""

import brian2
import numpy as np
import pytest
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import runtime_device

from neurosim import (
    LIF,
    AllToAll,
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
    SpikeRaster,
    per_step,
)
from neurosim.backends.brian2 import simulate
from neurosim.errors import NetworkError, SimulationError, UnsupportedError, UsageError
from neurosim.plasticity import PlasticityRule, broadcast, desire, pre
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=10 * ms, v_th=10 * mV)


def network(neuron=CELL, source=None, weights=None, **projection):
    source = source or PoissonInput(100 * Hz)
    weights = AllToAll(1 * mV) if weights is None else weights
    return Network(
        "net",
        [Population("input", 2, source), Population("out", 2, neuron)],
        [Projection("input", "out", weights, **projection)],
    )


def equations(**changes):
    good = {
        "model": "dv/dt = -v/tau : volt",
        "threshold": "v > 10*mV",
        "reset": "v = 0*mV",
        "parameters": {"tau": 10 * ms},
        "receptors": {"default": "v"},
    }
    return EquationNeuron(**{**good, **changes})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"integration": "euler"}, "Unknown integration 'euler': expected one of exact, step"),
        ({"target": "cpp"}, "Unknown target 'cpp': expected one of cpp_standalone, cython, numpy"),
        ({"build_dir": "here"}, "build_dir = 'here' needs target='cpp_standalone'"),
    ],
)
def test_unknown_options(options, message):
    with pytest.raises(UsageError, match=message):
        simulate(network(), 5 * ms, **options)


@pytest.mark.parametrize("duration", [0 * ms, -1 * ms, np.inf * ms, [1, 2] * ms])
def test_durations_that_are_none(duration):
    with pytest.raises(NetworkError, match="duration: expected one time of at least a step of 0.001 s"):
        simulate(network(), duration)


def test_images_where_none_are_shown_and_none_where_some_are_needed():
    with pytest.raises(NetworkError, match="no ImageInput; leave out images"):
        simulate(network(), 5 * ms, images=np.zeros((1, 2)))
    with pytest.raises(NetworkError, match="pass images="):
        simulate(network(source=ImageInput(RateCoding())), 5 * ms)


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_graded_spikes(integration):
    source = SpikeRaster([[0, 1], [3, 0]])
    # Where the projection ignores payloads, a spike is a spike; the recording keeps what was sent.
    found = simulate(network(source=source), 5 * ms, integration=integration)
    assert found.raster("input").max() == 3


def test_rules_that_wait_for_a_training_loop_rest_and_those_that_need_a_signal_are_refused_without():
    update = {"on_post": {"w": "a * R * x"}, "parameters": {"a": mV}}
    reward = PlasticityRule("hebb", traces={"x": pre(decay=0.5)}, modulators={"R": broadcast()}, **update)
    with pytest.raises(NetworkError, match="Projection 'input_out', third factor 'R': no signal was given; pass signals="):
        simulate(network(plasticity=reward), 5 * ms)
    assert simulate(network(plasticity=desire(eta=0.1 * mV)), 5 * ms).info["plastic"] == ["input_out"]


def test_no_difference_form():
    with pytest.raises(UnsupportedError, match="Population 'out': Izhikevich has no difference form"):
        simulate(network(Izhikevich()), 5 * ms, integration="step")
    per_neuron = RefractoryLIF(tau_m=10 * ms, v_th=10 * mV, refractory=[1, 2] * ms)
    with pytest.raises(UnsupportedError, match="Population 'out': RefractoryLIF: the difference form has one"):
        simulate(network(per_neuron), 5 * ms, integration="step")


@pytest.mark.parametrize("taus", [(per_step(1), 5 * ms), (10 * ms, per_step(0)), (10 * ms, per_step(1))])
def test_decays_that_leave_a_synaptic_current_without_effect(taus):
    neuron = LIF(tau_m=taus[0], tau_syn=taus[1], v_th=10 * mV)
    with pytest.raises(NetworkError, match="makes weights ineffective"):
        simulate(network(neuron), 5 * ms, integration="step")


def test_no_continuous_form():
    with pytest.raises(UnsupportedError, match=r"Population 'out': per_step\(0\) .* use integration='step'"):
        simulate(network(LIF(tau_m=per_step(0), v_th=10 * mV)), 5 * ms)


def test_several_samples_in_one_program():
    net = network(source=ImageInput(RateCoding()))
    with pytest.raises(UnsupportedError, match="runs one sample per call, found 3; use target='cython'"):
        simulate(net, 5 * ms, images=np.zeros((3, 2)), target="cpp_standalone")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "dv/dt = -v : volt"}, "[Uu]nits? .*"),
        ({"model": "dv/dt = -v/tau_x : volt"}, "tau_x"),
        ({"threshold": "v > 10"}, "[Uu]nit"),
        ({"reset": "v = 0*ms"}, "[Uu]nit"),
        ({"method": "exakt"}, "No state updater"),
        ({"initial": {"v": 1 * ms}}, "[Uu]nit"),
    ],
)
def test_the_users_own_equations(changes, message):
    with pytest.raises(NetworkError, match=f"Population 'out': Brian2 reports .*{message}") as caught:
        simulate(network(equations(**changes)), 5 * ms)
    assert "\n" not in str(caught.value)


def test_weights_in_another_unit_than_the_users_variable():
    neuron = equations(weight_unit="1")
    with pytest.raises(NetworkError, match="Projection 'input_out': Brian2 reports .*unit"):
        simulate(network(neuron, weights=AllToAll(1.0)), 5 * ms)


def test_a_failure_of_brian2_in_a_valid_description(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the disk\nis on fire")

    monkeypatch.setattr(brian2.NeuronGroup, "before_run", fail)
    before = (brian2.get_device(), brian2.prefs["codegen.target"])
    with pytest.raises(SimulationError, match="Population 'out': Brian2 reports 'the disk is on fire'"):
        simulate(network(), 5 * ms)
    assert (brian2.get_device(), brian2.prefs["codegen.target"]) == before


def test_a_failure_while_a_program_is_built_puts_the_device_back(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(CPPStandaloneDevice, "compile_source", fail)
    with pytest.raises(SimulationError, match="Brian2 reports 'no compiler'"):
        simulate(network(), 5 * ms, target="cpp_standalone")
    assert brian2.get_device() is runtime_device
    simulate(network(), 5 * ms)


def test_a_program_in_the_folder_of_the_one_before_has_the_same_files(monkeypatch, tmp_path):
    files = []

    def look(*args, **kwargs):
        files.append(sorted(path.name for path in (tmp_path / "code_objects").iterdir()))
        raise RuntimeError("seen")

    monkeypatch.setattr(CPPStandaloneDevice, "compile_source", look)
    for _ in range(2):
        with pytest.raises(SimulationError, match="seen"):
            simulate(network(), 5 * ms, target="cpp_standalone", build_dir=tmp_path)
    assert files[0] == files[1]


def test_names_that_are_words_of_brian2_or_cpp():
    net = Network(
        "net",
        [Population("double", 2, PoissonInput(100 * Hz)), Population("i", 2, CELL), Population("i_w", 2, CELL)],
        [Projection("double", "i", AllToAll(1 * mV), name="t"), Projection("i", "i_w", AllToAll(1 * mV), name="i")],
        [Probe("i", "v"), Probe("t", "w", every=1 * ms)],
    )
    assert set(simulate(net, 5 * ms).spikes) == {"double", "i", "i_w"}
