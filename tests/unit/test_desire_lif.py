"""Desire backpropagation in the run: ports, phases and the rule on the emulator in float, against the trainer of chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.desire_mlp import build
from neurosim import DesireLIF, LabelInput, Network, Population, Projection, Transposed, per_step, simulate
from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.emulator.session import Session
from neurosim.backends.emulator.to_arrays import first_neurons, lanes, width
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.neurons.lif_steps import LIF_STEP
from neurosim.plasticity import DesireSignal, PlasticityRule, desire, desire_carried
from neurosim.plasticity.products import GateKind
from neurosim.program.inputs import input_rasters
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation
from neurosim.step_language.declaration import Channel
from neurosim.train import Dropout
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.online import present, train_block
from neurosim.units import ms
from tests.steps import float_neuron
from tests.unit.desire_networks import ALLOW, PERIOD, desire_network, in_one_run, samples

SIZES = (12, 9, 7, 4)
CELL = DesireLIF(tau_m=per_step(0.75), layers=2, above=1)


def trained(network, images, labels, eta, ceiling=None):
    """Final weights and output counts by the kernels that `neurosim.train` uses."""
    mlp = build(sizes=SIZES, eta=eta, ceiling=ceiling)
    names = [p.name for p in mlp.projections]
    chain = chain_of(mlp.with_weights({name: network.weights(network.projection(name)) for name in names}))
    shown = present(chain, images, labels, Dropout(), np.random.default_rng(0))
    counts = train_block(chain, shown, eta)
    return dict(zip(names, chain.weights, strict=True)), counts


@pytest.mark.parametrize("rule", [desire, desire_carried])
def test_learns_what_the_trainer_learns(rule):
    """Three layers, every sample from rest: the same counts and weights."""
    network = desire_network(SIZES, rule(eta=1e-2))
    images, labels = samples(network, 12)
    found = emulate_network(network, PERIOD * ms, images=images, labels=labels)
    weights, counts = trained(network, images, labels, 1e-2)
    seen = found.raster("output").sum(axis=1)
    assert np.array_equal(seen, counts) and counts.any()
    for name, wanted in weights.items():
        final = found.weights[name].values[-1]
        assert np.abs(final - network.weights(network.projection(name))).max() > 0.1
        assert np.allclose(final, wanted, rtol=0, atol=1e-12), name


def test_nobody_at_the_ceiling_wants_more():
    """Three layers against the trainer, and against the same without a ceiling."""
    low = DesireSignal(ceiling=3)
    free, network = (desire_network(SIZES, desire(eta=1e-2, signal=s), signal=s) for s in (DesireSignal(), low))
    images, labels = samples(network, 12)
    found, other = (emulate_network(n, PERIOD * ms, images=images, labels=labels).weights for n in (network, free))
    weights, _ = trained(network, images, labels, 1e-2, ceiling=3)
    for name, wanted in weights.items():
        assert np.allclose(found[name].values[-1], wanted, rtol=0, atol=1e-12), name
    assert not np.allclose(found["image_hidden1"].values[-1], other["image_hidden1"].values[-1])


def test_phases_of_a_sample():
    network = desire_network(SIZES)
    program = lower(network)
    images, labels = samples(network, 1)
    probes = [(p, s) for p in ("hidden1", "hidden2", "output") for s in ("v", "count", "desire")]
    found = emulate(program, PERIOD, inputs=input_rasters(network, PERIOD, images, labels), probes=probes)
    steps = DesireSignal().steps
    for above, name in enumerate(("output", "hidden2", "hidden1")):
        tell = steps + 1 + above
        spikes, count, wants = found.raster(name)[0], found.states[name, "count"][0], found.states[name, "desire"][0]
        assert not spikes[0].any() and not spikes[steps + 1 :].any() and not found.states[name, "v"][0, steps + 1 :].any()
        assert np.array_equal(count[: steps + 4], np.cumsum(spikes, axis=0)[: steps + 4])
        assert not count[steps + 4 :].any(), "the commit clears the counts"
        assert not wants[:tell].any() and wants[tell : steps + 4].any() and not wants[steps + 4 :].any()
    own = found.states["output", "desire"][0, steps + 1]
    count = found.states["output", "count"][0, steps]
    label = np.arange(4) == labels[0]
    assert np.array_equal(own, np.where(label, 16 - count > 4.8, -1.0 * (count > 4.8)))


def test_phases_become_third_factors():
    program = lower(desire_network(SIZES, desire(eta=0.5)))
    rule = program.projections[0].rule
    assert rule.supplied == {"D": "desire", "sample_end": "sample_end"} and rule.positive == {"sample_end"}
    assert {p.factors for p in rule.products} == {("x",), ("D", "tag"), ("tag", "sample_end")}, "D is 0 outside the phase"
    assert all(p.gate.kind is not GateKind.PHASE for p in rule.products)
    assert lower(build(sizes=SIZES)).projections[0].rule is None, "on other neurons it rests"


def test_feedback_of_its_own():
    """With the transposed start weights the first sample is that of the tied network, the second is not."""
    rule = desire(eta=5e-2)
    tied, own = desire_network(SIZES, rule), desire_network(SIZES, rule, feedback=lambda w: w.T)
    images, labels = samples(tied, 6)
    first = [emulate_network(n, PERIOD * ms, images=images[:1], labels=labels[:1]).weights for n in (tied, own)]
    later = [emulate_network(n, PERIOD * ms, images=images, labels=labels).weights for n in (tied, own)]
    for name in first[0]:
        assert np.array_equal(first[0][name].values, first[1][name].values)
    assert not np.array_equal(later[0]["image_hidden1"].values, later[1]["image_hidden1"].values)


def test_a_session_goes_on():
    """Samples in one run: traces are not set back, so a long enough silence brings the samples from rest."""
    long = 120
    network = desire_network(SIZES, desire(eta=1e-2), period=long)
    program = lower(network)
    images, labels = samples(network, 5)
    apart = emulate(program, long, inputs=input_rasters(network, long, images, labels))
    session = Session(program)
    for half in (slice(0, 2), slice(2, 5)):
        fed = in_one_run(network, images[half], labels[half], long)
        session.run(long * len(labels[half]), inputs={name: raster[0] for name, raster in fed.items()})
    for name, trace in apart.weights.items():
        assert np.allclose(session.weights(name), trace.values[-1], rtol=0, atol=1e-9)


def test_other_learning_rates_go_on():
    network = desire_network(SIZES, desire(eta=1e-2))
    images, labels = samples(network, 4)
    fed = {name: raster[0] for name, raster in in_one_run(network, images, labels).items()}
    session, steps = Session(lower(network)), PERIOD * 4
    session.run(steps, inputs=fed)
    before = session.weights("image_hidden1")
    session.replace_rules(lower(desire_network(SIZES, desire(eta=1e-300))))
    session.run(steps, inputs=fed)
    assert np.array_equal(session.weights("image_hidden1"), before) and session.variable("image_hidden1", "x").any()
    with pytest.raises(NetworkError, match="other traces or signals"):
        session.replace_rules(lower(desire_network(SIZES, desire_carried())))


def test_lanes_cost_others_nothing():
    plain = StepPopulation("a", 5, float_neuron("LIF")), StepPopulation("b", 9, float_neuron("LIF"))
    assert width(plain) == 24 and lanes(plain) == {(name, 0): start for name, start in first_neurons(plain).items()}
    inputs, channels = {**LIF_STEP.inputs, "other": ("b", "input")}, {name: Channel("spike") for name in ("spike", "x", "y")}
    ports = replace(LIF_STEP, inputs=inputs, channels=channels)
    two = (*plain, StepPopulation("c", 3, replace(float_neuron("LIF"), declaration=ports)))
    assert width(two) == 24 + 3 * 8 and lanes(two)["c", 2] == 40


@pytest.mark.parametrize(
    ("integration", "why"), [("exact", "'hidden1'.*DesireLIF"), ("step", "'hidden2' sends graded spikes; use the emulator")]
)
def test_what_brian2_does_not_run(integration, why):
    network = desire_network(SIZES)
    with pytest.raises(UnsupportedError, match=why):
        simulate(network, 10 * ms, images=samples(network, 1)[0], integration=integration)


def test_deployment_names_its_exceptions():
    network = desire_network(SIZES, desire(eta=1e-3, bounds=(-2.0, 2.0)))
    with pytest.raises(UnsupportedError, match="'hidden2_hidden1'.*weight_transport") as caught:
        deploy(network)
    assert "'output_hidden2'" not in str(caught.value)
    report = deploy(network, allow=ALLOW).report
    allowed = {loss.where: loss.text for loss in report.losses if loss.kind == "allowed"}
    assert set(allowed) == {"hidden2_hidden1", "output_hidden2"} and "weight transport" in allowed["output_hidden2"]
    assert deploy(desire_network(SIZES, desire(eta=1e-3, bounds=(-2.0, 2.0)), feedback=lambda w: w.T)).report


def wrong(change, match):
    with pytest.raises(NetworkError, match=match):
        change(desire_network((3, 3, 2)))


def swapped(network, name, **fields):
    return replace(network, projections=[replace(p, **fields) if p.name == name else p for p in network.projections])


@pytest.mark.parametrize(
    ("name", "fields", "match"),
    [
        ("hidden1_output", {"channel": "desires"}, "'hidden1_output'.*'desires'.*spike"),
        ("output_hidden1", {"receptor": "feed"}, "'output_hidden1'.*'feed'.*feedback"),
        ("label_output", {"receptor": "feedback"}, "'label_output'.*'feedback'.*label"),
        ("output_hidden1", {"graded": False}, "'output_hidden1'.*set graded=True"),
        ("hidden1_output", {"graded": True}, "'hidden1_output'.*'spike'.*no payload"),
        ("output_hidden1", {"weights": Transposed("hidden1_outpt")}, "'output_hidden1'.*hidden1_output"),
        ("output_hidden1", {"weights": Transposed("image_hidden1")}, "leads from 'image' to 'hidden1'"),
        ("output_hidden1", {"delay": 1 * ms}, "'output_hidden1'.*leave out"),
        ("image_hidden1", {"plasticity": desire(signal=DesireSignal(margin=3))}, "margin=3.*make them equal"),
    ],
)
def test_wrong_ports(name, fields, match):
    wrong(lambda network: swapped(network, name, **fields), match)


def test_plastic_numbers_are_refused():
    wrong(
        lambda network: swapped(network, "output_hidden1", weights=np.ones((2, 3)), plasticity=desire()),
        "plastic, and channel 'desire'",
    )


def test_a_phase_that_neurons_do_not_have():
    rule = PlasticityRule(at={"sample_over": {"w": "1"}})
    mlp = build(sizes=(3, 3, 2))
    with pytest.raises(NetworkError, match="phase 'sample_over'"):
        replace(mlp, projections=[replace(p, plasticity=rule) for p in mlp.projections])


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"period": 24}, "period = 24.*need 25"),
        ({"above": 2}, "above = 2"),
        ({"layers": 0}, "layers = 0"),
        ({"v_th": -1.0}, "v_th"),
        ({"signal": 20}, "DesireSignal"),
    ],
)
def test_wrong_neurons(fields, match):
    with pytest.raises(NetworkError, match=match):
        replace(CELL, **fields)


@pytest.mark.parametrize("labels", [[0, 4], [0], [0.0, 1.5], [-1, 0]])
def test_wrong_labels(labels):
    network = desire_network(SIZES)
    images, _ = samples(network, 2)
    with pytest.raises(NetworkError, match="'label'"):
        input_rasters(network, PERIOD, images, labels)


def test_labels_without_an_input_for_them():
    with pytest.raises(NetworkError, match="LabelInput"):
        input_rasters(build(sizes=(3, 3, 2)), PERIOD, np.zeros((1, 3)), [0])
    with pytest.raises(NetworkError, match="step = -1"):
        LabelInput(step=-1)


def test_a_projection_of_a_channel_keeps_its_own_presynaptic_spikes():
    """A rule on a projection that carries spikes is untouched by the lanes of other channels behind it."""
    network = Network(
        "two",
        [*desire_network(SIZES).populations],
        [p for p in desire_network(SIZES).projections if p.name in ("image_hidden1", "hidden1_hidden2")],
    )
    images, _ = samples(network, 1)
    assert emulate_network(network, PERIOD * ms, images=images).raster("hidden1").any()


def test_projections_of_one_population_share_a_channel():
    assert Projection("a", "b", 1.0).channel == "spike" and Population("label", 3, LabelInput()).model.channels == ("spike",)
