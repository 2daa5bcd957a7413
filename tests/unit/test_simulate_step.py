"""Brian2, step by step, against the difference equations in plain numpy."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    AdaptiveLIF,
    AllToAll,
    FixedProbability,
    ImageInput,
    LabelInput,
    Network,
    Normal,
    PoissonCoding,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    SoftResetLIF,
    SpikeRaster,
    emulate_network,
    per_step,
)
from neurosim.backends.brian2 import simulate
from neurosim.neurons import Decay, Level, StepNeuron
from neurosim.neurons.lif_steps import LIF_RESET_STEP
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.program.inputs import input_rasters
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, mV
from tests.steps import with_values
from tests.unit import step_reference

STEPS = 120
RNG = np.random.default_rng(5)


@dataclass(frozen=True, kw_only=True)
class Restarted(LIF):
    """A neuron of the kind that the chip's reset interval gives."""

    def step_form(self, dt):
        form = super().step_form(dt)
        restarted = replace(LIF_RESET_STEP, inputs=form.step.inputs)
        return with_values(replace(form, declaration=restarted), interval=23, offset=3)


LEVELS = {"v_th": -50 * mV, "v_rest": -60 * mV, "v_reset": -63 * mV, "bias": 1 * mV}
NEURONS = {
    "lif": LIF(tau_m=10 * ms, tau_syn=4 * ms, **LEVELS),
    "lif, named receptor": LIF(tau_m=10 * ms, tau_syn={"exc": 4 * ms}, **LEVELS),
    "lif without current": LIF(tau_m=10 * ms, **LEVELS),
    "lif without leak": LIF(tau_m=per_step(1), v_th=4 * mV),
    "lif without memory": LIF(tau_m=per_step(0), v_th=2 * mV),
    "lif, arrays": LIF(
        tau_m=RNG.uniform(5, 20, 12) * ms,
        v_th=RNG.uniform(-52, -48, 12) * mV,
        v_rest=-60 * mV,
        bias=RNG.uniform(0, 2, 12) * mV,
        tau_syn=RNG.uniform(2, 6, 12) * ms,
    ),
    "soft reset": SoftResetLIF(tau_m=10 * ms, v_th=-50 * mV, v_rest=-60 * mV, tau_syn=4 * ms),
    "soft reset, plain numbers": SoftResetLIF(tau_m=per_step(0.75), v_th=0.006),
    "refractory": RefractoryLIF(tau_m=10 * ms, refractory=6 * ms, tau_syn=4 * ms, **LEVELS),
    "refractory of one step": RefractoryLIF(tau_m=10 * ms, refractory=1 * ms, **LEVELS),
    "adaptive": AdaptiveLIF(
        tau_m=10 * ms, tau_syn=4 * ms, tau_theta=30 * ms, theta_jump=1.5 * mV, v_th=-50 * mV, v_rest=-60 * mV
    ),
    "restarted": Restarted(tau_m=10 * ms, tau_syn=4 * ms, **LEVELS),
}


def weight(neuron, factor):
    return factor * (2 * mV if neuron.unit == "volt" else 2e-3)


def network(neuron, delay=None):
    probes = [Probe("out", v) for v in neuron.variables]
    receptor = next(iter(neuron.weight_units))
    drive = AllToAll(Normal(weight(neuron, 1), weight(neuron, 1)))
    recurrent = FixedProbability(weight(neuron, -0.5), p=0.4)
    return Network(
        "net",
        [Population("input", 20, PoissonInput(120 * Hz)), Population("out", 12, neuron)],
        [
            Projection("input", "out", drive, delay=delay, receptor=receptor),
            Projection("out", "out", recurrent, delay=2 * ms, receptor=receptor),
        ],
        probes,
        seed=3,
    )


def described(variable, p, states, name):
    own = {"v": states[name, "v"] + p.reading("v").offset, "theta": states[name, "theta"]}
    return own.get(variable, states[name, "u"] / p.gain_at(p.receptors[0]))


def check(net, steps=STEPS, **options):
    """Simulate, compare with the reference sample by sample, and return the recording."""
    found = simulate(net, steps * net.step_seconds * 1000 * ms, integration="step", progress=False, **options)
    program = lower(net)
    rasters = input_rasters(net, steps, options.get("images"))
    for sample in range(found.samples):
        spikes, states = step_reference.run(program, {k: r[sample] for k, r in rasters.items()}, steps)
        for name in found.spikes:
            assert_array_equal(found.raster(name)[sample] != 0, spikes[name] != 0, err_msg=name)
        for (name, variable), values in found.states.items():
            expected = described(variable, program.population(name).neuron, states, name)
            assert_allclose(values[sample], expected, rtol=1e-9, atol=1e-12, err_msg=f"{name}.{variable}")
    return found


@pytest.mark.parametrize("name", NEURONS)
def test_every_dynamics_equals_the_reference(name):
    found = check(network(NEURONS[name]))
    assert len(found.spikes["out"]) > 30


@pytest.mark.parametrize("delay", [9 * ms, RNG.integers(0, 12, (20, 12)) * ms], ids=["one", "each"])
def test_delays(delay):
    assert len(check(network(NEURONS["lif"], delay)).spikes["out"]) > 30


def test_a_spike_of_step_k_with_d_extra_steps_arrives_in_step_k_plus_1_plus_d():
    raster = np.zeros((20, 1), int)
    raster[4] = 1
    cell = LIF(tau_m=per_step(1), v_th=10.0)
    net = Network(
        "net",
        [Population("i", 1, SpikeRaster(raster)), Population("near", 1, cell), Population("far", 1, cell)],
        [Projection("i", "near", [[1.0]]), Projection("i", "far", [[1.0]], delay=3 * ms)],
        [Probe("near", "v"), Probe("far", "v")],
    )
    found = simulate(net, 20 * ms, integration="step")
    assert_array_equal(found.states["near", "v"][0, :, 0], np.arange(20) >= 5)
    assert_array_equal(found.states["far", "v"][0, :, 0], np.arange(20) >= 8)


def test_sparse_weights_with_one_delay_a_synapse_and_a_mixed_network():
    delays = RNG.integers(0, 5, (12, 12)) * ms
    sparse_weights = sparse.random_array((12, 12), density=0.3, rng=RNG) * 1.0
    cells = {"a": NEURONS["lif"], "b": NEURONS["soft reset"], "c": NEURONS["lif, arrays"]}
    net = Network(
        "net",
        [Population("input", 20, PoissonInput(150 * Hz)), *(Population(k, 12, c) for k, c in cells.items())],
        [
            Projection("input", "a", AllToAll(2 * mV)),
            Projection("a", "b", sparse_weights.toarray() * 20 * mV),
            Projection("a", "c", FixedProbability(Normal(6 * mV, 1 * mV), p=0.5), delay=delays),
            Projection("b", "a", FixedProbability(-1 * mV, p=0.5), delay=1 * ms),
            Projection("c", "c", FixedProbability(1 * mV, p=0.0)),
        ],
        [Probe(k, "v") for k in cells],
    )
    found = check(net)
    assert all(len(found.spikes[k]) > 20 for k in cells)


def test_every_image_is_a_sample_of_its_own_from_the_same_start():
    base = network(NEURONS["adaptive"], delay=3 * ms)
    screen = Population("input", 20, ImageInput(PoissonCoding(30)))
    shown = replace(base, populations=(screen, base.populations[1]))
    images = np.linspace(0, 0.5, 3 * 20).reshape(3, 20)
    found = check(shown, steps=40, images=images)
    assert found.samples == 3 and found.states["out", "v"].shape == (3, 40, 12)
    # A sample leaves nothing behind, not even spikes on their way.
    again = simulate(shown, 40 * ms, integration="step", images=images[[0, 0, 0]])
    assert_array_equal(again.states["out", "g"][0, :2], again.states["out", "g"][2, :2])


def test_probed_neurons_in_the_order_asked_for():
    net = network(NEURONS["lif, arrays"])
    full = simulate(net, 30 * ms, integration="step")
    some = replace(net, probes=(Probe("out", "v", neurons=[7, 2]), Probe("out", "g", neurons=[2, 9, 1])))
    found = simulate(some, 30 * ms, integration="step")
    assert_array_equal(found.states["out", "v"], full.states["out", "v"][:, :, [7, 2]])
    assert_array_equal(found.states["out", "g"], full.states["out", "g"][:, :, [2, 9, 1]])


@pytest.mark.slow
def test_cpp_standalone_gives_the_same():
    check(network(NEURONS["adaptive"], delay=RNG.integers(0, 5, (20, 12)) * ms), target="cpp_standalone")


def test_labels_are_those_of_the_emulator():
    """Each sample has its image and its label, which drives one cell of the two."""
    network = Network(
        "labelled",
        [
            Population("image", 3, ImageInput(PoissonCoding(40))),
            Population("label", 2, LabelInput(step=5)),
            Population("cells", 2, LIF(tau_m=per_step(0.8), v_th=1.0)),
        ],
        [Projection("image", "cells", AllToAll(0.3)), Projection("label", "cells", 2 * np.eye(2))],
        [Probe("cells", "v")],
    )
    given = {"images": np.full((3, 3), 0.3), "labels": [1, 0, 1]}
    found, wanted = simulate(network, 40 * ms, integration="step", **given), emulate_network(network, 40 * ms, **given)
    assert_array_equal(found.raster("cells"), wanted.raster("cells"))
    assert_allclose(found.states["cells", "v"], wanted.states["cells", "v"], atol=1e-9)
    assert_array_equal(found.raster("label")[:, 5], [[0, 1], [1, 0], [0, 1]])


@dataclass(frozen=True, kw_only=True)
class Suffixed(StepNeuron):
    """All names end as Brian2 ends those of the two sides of a synapse."""

    tau_post: Decay
    v_th_pre: Level
    states = {"v_post": "level", "n_pre": "whole"}
    inputs = {"r_post": "a_post"}
    step = """
        v_post = decay(v_post, tau_post) + a_post
        above_post = v_post > v_th_pre
        n_pre += int(above_post)
        spike = above_post and n_pre % 2 == 1
    """
    sends = {"c_post": "above_post"}
    factors = {"f_post": "n_pre"}


def test_names_may_end_as_those_of_a_side_of_a_synapse():
    rule = PlasticityRule(
        traces={"x": pre(20 * ms)}, modulators={"m": post_modulator("f_post")}, every={1: {"w": "0.001 * m * x"}}
    )
    network = Network(
        "suffixed",
        [
            Population("in", 9, PoissonInput(50 * Hz)),
            Population("p", 3, Suffixed(tau_post=20 * ms, v_th_pre=4.0)),
            Population("out", 2, LIF(tau_m=20 * ms, v_th=1.0)),
        ],
        [
            Projection("in", "p", AllToAll(1.0), receptor="r_post", plasticity=rule),
            Projection("p", "out", AllToAll(1.0), channel="c_post"),
        ],
        [Probe("p", "v_post"), Probe("p", "n_pre")],
    )
    found, wanted = simulate(network, 100 * ms, integration="step"), emulate_network(network, 100 * ms)
    assert found.counts("p").sum() > 10 and found.counts("out").sum() > 10
    assert_array_equal(found.raster("out"), wanted.raster("out"))
    assert_allclose(found.states["p", "v_post"], wanted.states["p", "v_post"], atol=1e-9)
    assert_array_equal(found.states["p", "n_pre"], wanted.states["p", "n_pre"])
    assert_allclose(found.final_weights()["in_p"], wanted.final_weights()["in_p"], rtol=1e-9)
