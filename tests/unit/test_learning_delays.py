"""Synapses that learn with a delay on the emulator: the order of `neurosim.plasticity.rule`, the weights of Brian2."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    Network,
    PoissonInput,
    Population,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    deploy,
    emulate_network,
    simulate,
    start,
)
from neurosim.backends.lava.float_rules import float_learning
from neurosim.errors import UnsupportedError
from neurosim.plasticity import normalise, pair_stdp, pre, synaptic
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.lower import lower
from neurosim.units import Hz, ms
from tests.conformance.running_networks import random_network
from tests.unit.rule_networks import STEPS, assert_alike, assert_close, assert_resumes, teaching
from tests.unit.rule_reference import run_rule
from tests.unit.test_emulate_learning import RULES

SHAPE = (8, 5)
MANY = np.random.default_rng(9).integers(0, 5, SHAPE)
MASK = np.random.default_rng(8).random(SHAPE) < 0.6


def weights(mask=None):
    dense = np.random.default_rng(1).uniform(0.2, 0.8, SHAPE)
    return dense if mask is None else sparse.csr_array(np.where(mask, dense, 0.0))


def watched(rule):
    return ("w", "tag", "aux", *(name for name, trace in rule.traces.items() if trace.side != "synapse"))


def factors(rule):
    return {name: np.round(np.random.default_rng(3).uniform(-1, 1, STEPS), 2) for name in rule.signals}


def seen(values, rule, name, mask):
    """A trace has one value per neuron: the one that its first synapse sees."""
    trace = rule.traces.get(name)
    if trace is None or trace.side == "synapse":
        return values
    first = (np.ones(SHAPE, bool) if mask is None else mask).argmax(axis=1 if trace.side == "pre" else 0)
    return values[np.arange(SHAPE[0]), first] if trace.side == "pre" else values[first, np.arange(SHAPE[1])]


def with_synapses(rule, name, mask):
    """Neurons whose trace some synapse sees, or everything."""
    trace = rule.traces.get(name)
    if mask is None or trace is None or trace.side == "synapse":
        return slice(None)
    return mask.any(axis=1 if trace.side == "pre" else 0)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "sparse"])
@pytest.mark.parametrize("delay", [1, 4, MANY], ids=["1", "4", "many"])
def test_the_order_of_a_step(rule, mask, delay):
    network = teaching(rule, weights(mask), delay=delay * ms, probes=watched(rule))
    found = emulate_network(network, STEPS * ms, signals=factors(rule))
    rasters = (found.raster(name)[0] for name in ("pre", "post"))
    history = run_rule(rule, *rasters, _dense(weights(mask)), 1e-3, signals=factors(rule), mask=mask, delay=delay)
    for name in watched(rule):
        trace = found.weights["pre_post"] if name == "w" else found.synapses["pre_post", name]
        for step, values in zip(trace.steps[1:], trace.values[1:], strict=True):
            expected, known = seen(history[step - 1][name], rule, name, mask), with_synapses(rule, name, mask)
            assert_allclose(values[known], expected[known], rtol=1e-11, atol=1e-12, err_msg=f"{name} before {step}")
    assert np.abs(history[-1]["w"] - _dense(weights(mask))).max() > 1e-3


def _dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix


@pytest.mark.parametrize("delay", [3, MANY], ids=["one", "many"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "sparse"])
def test_brian2_cuts_and_files(mask, delay, tmp_path):
    network = teaching(RULES["nearest"], weights(mask), delay=delay * ms, probes=["w", "x"])
    assert_alike(network, tolerance=1e-12)
    assert_resumes(network, tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_whose_spikes_follow_from_what_was_learned(seed):
    """What a synapse transmits is the weight that it has when the spike comes to it."""
    network = random_network(seed, probes=False)
    rng = np.random.default_rng(seed)
    several = rng.integers(0, 7, network.weights("plastic").shape) * ms if seed % 2 else int(rng.integers(1, 9)) * ms
    parts = tuple(replace(p, delay=several) if p.name == "plastic" else p for p in network.projections)
    late = replace(network, projections=parts)
    signals = {name: 0.5 for name in late.projection("plastic").plasticity.signals}
    ours = emulate_network(late, 240 * ms, signals=signals)
    theirs = simulate(late, 240 * ms, signals=signals, integration="step")
    assert ours.counts("cells").sum() > 3
    for name in ("inputs", "cells"):
        assert_array_equal(ours.raster(name), theirs.raster(name))
    assert_allclose(ours.final_weights()["plastic"], theirs.final_weights()["plastic"], rtol=1e-9, atol=1e-15)
    run = start(late)
    run.signals.update(signals)
    for length in (13, 100, 127):
        run.advance(length * ms)
    assert_array_equal(run.weights["plastic"], ours.final_weights()["plastic"])
    assert_array_equal(run.recording.raster("cells"), ours.raster("cells"))


def test_a_weight_that_changes_while_a_spike_is_on_its_way():
    spikes = np.zeros((20, 1), int)
    spikes[2] = 1
    growing = PlasticityRule("growing", every={1: {"w": "1"}})
    cells = teaching(growing, np.ones((1, 1))).population("post")
    network = Network(
        "late", [Population("pre", 1, SpikeRaster(spikes)), cells],
        [Projection("pre", "post", np.zeros((1, 1)), plasticity=growing, delay=5 * ms)],
    )  # fmt: skip
    watched = replace(network, probes=[_probe("v")])
    for run in (emulate_network, lambda *a: simulate(*a, integration="step")):
        v = run(watched, 20 * ms).states["post", "v"][0, :, 0]
        # Emitted in step 2, it comes to the synapse in step 7, after seven steps of learning, and arrives in step 8.
        assert_array_equal(np.flatnonzero(v), [8])
        assert v[8] == 7.0


def _probe(variable):
    from neurosim import Probe

    return Probe("post", variable)


def test_short_term_plasticity_and_fixed_synapses_side_by_side():
    network = teaching(RULES["pair"], weights(), delay=3 * ms)
    first, teacher = network.projections
    depressing = replace(first, short_term=ShortTermPlasticity(U=0.4, tau_d=30 * ms, tau_f=50 * ms))
    plain = Projection("pre", "post", 20 * weights(), delay=2 * ms, name="plain")
    both = replace(network, projections=(plain, depressing, teacher))
    assert_close(simulate(both, STEPS * ms, integration="step"), emulate_network(both, STEPS * ms), 1e-12)


def test_normalised_synapses_with_one_delay():
    rule = PlasticityRule("n", traces=RULES["pair"].traces, on_post={"w": "0.1 * x"}, normalise=normalise(1.5, every=7))
    assert_alike(teaching(rule, weights(), delay=3 * ms, probes=["w"]))
    with pytest.raises(UnsupportedError, match="several delays"):
        emulate_network(teaching(rule, weights(), delay=MANY * ms), 10 * ms)
    assert simulate(teaching(rule, weights(), delay=MANY * ms), 10 * ms, integration="step").steps == 10


def test_traces_and_tags_are_set_for_all_delays():
    for options in ({}, {"on": "brian2", "integration": "step"}):
        run = start(teaching(RULES["all"], weights(), delay=MANY * ms), **options)
        run.signals["M"] = 0.3
        run.advance(20 * ms)
        tag = np.random.default_rng(0).random(SHAPE)
        run.synapses["pre_post", "tag"], run.synapses["pre_post", "x"] = tag, np.arange(8.0)
        assert_allclose(run.synapses["pre_post", "tag"], tag, rtol=1e-14)
        assert_allclose(run.synapses["pre_post", "x"], np.arange(8.0), rtol=1e-14)


def test_a_chip_and_lava_refuse_them_by_name():
    network = teaching(pair_stdp(bounds=(0.0, 1.0)), weights(), delay=3 * ms)
    with pytest.raises(UnsupportedError, match="plastic and has delays"):
        deploy(network, "loihi2")
    with pytest.raises(UnsupportedError, match="Lava's learning connections support no delays"):
        float_learning(lower(network).projections[0])
    graded = replace(network, projections=[replace(network.projections[0], graded=True), *network.projections[1:]])
    with pytest.raises(UnsupportedError, match="transmit no payloads"):
        emulate_network(graded, 10 * ms)


def test_a_variable_that_is_set_leaves_traces_of_several_delays():
    """In Brian2, each synapse has its own copy of a trace; with several delays these differ within a neuron."""
    rule = PlasticityRule(
        "r", traces={"x": pre(20 * ms), "tag": synaptic(40 * ms)}, on_pre={"tag": "0.1"}, every={1: {"w": "0.01 * x * tag"}}
    )
    cells = [Population("in", 3, PoissonInput(150 * Hz)), Population("cells", 4, LIF(tau_m=20 * ms, v_th=9.0))]
    delays = np.arange(12).reshape(3, 4) * ms
    made = Network("late", cells, [Projection("in", "cells", np.full((3, 4), 0.1), plasticity=rule, delay=delays)])
    runs = [start(made), start(made, on="brian2", integration="step", target="numpy")]
    for run in runs:
        run.advance(30 * ms)
        run.synapses["in_cells", "tag"] = 2 * run.synapses["in_cells", "tag"]
        run.advance(20 * ms)
    np.testing.assert_allclose(runs[1].weights["in_cells"], runs[0].weights["in_cells"], rtol=1e-9)
