"""Burst neurons in integers: scales, what is reported, ports in Lava, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import (
    BurstLIF,
    EventBaseline,
    Network,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    SteadyBaseline,
    Transposed,
    deploy,
)
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.runner import run_lava
from neurosim.backends.lava.source import graph_source
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import burst_dependent_carried
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation
from neurosim.report.deployment import weights_before_after
from neurosim.units import ms, mV
from tests.conformance.lava_children import needs_lava
from tests.steps import float_neuron
from tests.unit.burst_networks import SOURCE, burst_network, given, noisy, rule


@pytest.mark.parametrize("on_chip", [False, True])
def test_probes_in_described_units(on_chip):
    """At rest with a constant input, v_d equals the input and P starts at its given value."""
    quiet = BurstLIF(bias=5 * mV, bias_d=-6 * mV, baseline=EventBaseline(p=0.25))
    probes = [Probe("cell", v) for v in quiet.variables]
    network = Network("quiet", [Population("cell", 3, quiet)], probes=probes)
    found = deploy(network).emulate(200 * ms) if on_chip else emulate_network(network, 200 * ms)
    last = {v: found.states["cell", v][0, -1, 0] for v in quiet.variables}
    tolerance = 2e-5 if on_chip else 1e-7
    assert last["v"] == pytest.approx(5e-3, abs=tolerance) and last["v_d"] == pytest.approx(-6e-3, abs=tolerance)
    assert last["baseline"] == 0.25 and last["adaptation"] == last["g"] == last["g_d"] == 0
    loud = replace(network, populations=[Population("cell", 3, replace(quiet, bias=40 * mV))])
    found = deploy(loud).emulate(60 * ms) if on_chip else emulate_network(loud, 60 * ms)
    first = int(np.flatnonzero(found.raster("cell")[0, :, 0])[0])
    assert found.states["cell", "adaptation"][0, first, 0] == pytest.approx(8.65e-3, rel=0.01)


def test_the_dendrite_has_a_scale_of_its_own():
    """The burst probability is v_d shifted right, whatever the weights are."""
    for size in (0.02, 1.0, 60.0):
        weights = np.full((SOURCE["top"], 6), size) * mV
        network = burst_network()
        network = replace(
            network, projections=[replace(p, weights=weights) if p.name == "top_high" else p for p in network.projections]
        )
        deployment = deploy(network)
        high = deployment.program.population("high")
        scale, shift = high.scale_at("dendrite"), -np.log2(128 * high.neuron.values["slope"])
        assert shift == round(float(shift)), "a slope is a shift"
        assert 64 * scale / 2**shift == pytest.approx(128 / 32e-3, rel=1e-12)
        fixed = next(p for p in deployment.program.projections if p.name == "top_high")
        assert fixed.stored_weights.max() <= 255 and (fixed.stored_weights.max() > 127 or shift == 13)
        before, after = weights_before_after(deployment, fixed)
        np.testing.assert_allclose(before, size * 1e-3, rtol=1e-9)
        assert np.abs(after - before).max() <= 0.51 / scale / lower(network).population("high").neuron.gain_at("dendrite")


def test_lava_wires():
    """Every channel has a port; a relay of short-term plasticity listens to that of its projection."""
    learning, network = graph_source(deploy(burst_network(rule())).program), burst_network()
    facilitating = ShortTermPlasticity(U=0.02, f=0.1, tau_d=100 * ms, tau_f=100 * ms)
    relayed = [replace(p, short_term=facilitating) if p.name == "low_high" else p for p in network.projections]
    released = graph_source(deploy(replace(network, projections=relayed)).program)
    for wire, text in (
        ("low.event_out.connect(low_high.s_in)", learning),
        ("high.burst_out.connect(down.s_in)", learning),
        ("down.a_out.connect(low.dendrite_in)", learning),
        ("low.s_out_y2.connect(drive_low.s_in_y2)", learning),
        ("low.event_out.connect(low_high_release.s_in)", released),
    ):
        assert wire in text, wire


@needs_lava
def test_draws_keep_their_steps_in_lava():
    """Samples that Lava has to stretch, for the beat of another neuron, would draw other numbers."""
    program = lower(burst_network())
    beating = StepPopulation("beat", 2, float_neuron("LIFReset", interval=4))
    with pytest.raises(UnsupportedError, match="'beat'.*every 4 steps.*5 steps.*neurons draw random numbers"):
        run_lava(replace(program, populations=(*program.populations, beating)), 5, inputs=given(5, samples=2))


def test_integers_report_what_they_round():
    losses = deploy(burst_network(rule(), p_mid=0.3)).report.losses
    said = {(loss.where, loss.field) for loss in losses}
    wanted = ("p_mid", "baseline", "burst probability", "du of the dendrite", "dv of the dendrite", "dynamics")
    assert {("low", name) for name in wanted} <= said


def test_integers_do_what_floats_do():
    """Rates and shares of the same network on the chip, drawn with 7 bits."""
    network = noisy(60, bias=16 * mV, bias_d=4 * mV)
    noise = {"noise": (np.random.default_rng(3).random((1, 2000, 40)) < 0.2).astype(np.uint8)}
    floats, integers = emulate(lower(network), 2000, inputs=noise), emulate(deploy(network).program, 2000, inputs=noise)
    seen = [[(r.spikes["cell"].payload == kind).sum() for kind in (1, 2)] for r in (floats, integers)]
    assert seen[0][0] == pytest.approx(seen[1][0], rel=0.1)
    assert seen[0][1] / seen[0][0] == pytest.approx(seen[1][1] / seen[1][0], abs=0.05)


def test_refusals():
    network = burst_network()
    with pytest.raises(UnsupportedError, match="'low'.*does not support the dynamics burst_lif"):
        deploy(network, target="loihi1")
    with pytest.raises(UnsupportedError, match="'low'.*random numbers.*first Loihi chip"):
        emulate(deploy(network).program, 5, arithmetic="loihi1")
    tied = [replace(p, weights=Transposed("low_high")) if p.name == "down" else p for p in network.projections]
    with pytest.raises(UnsupportedError, match="'down'.*'low' has burst neurons.*set_weights"):
        lower(replace(network, projections=tied))
    with pytest.raises(UnsupportedError, match="'down'.*short-term plasticity.*first receptor"):
        depressing = ShortTermPlasticity(U=0.9, f=0.1, tau_d=20 * ms, tau_f=100 * ms)
        short = [replace(p, short_term=depressing) if p.name == "down" else p for p in network.projections]
        deploy(replace(network, projections=short))
    huge = [replace(p, weights=np.full((6, 9), 1e6) * mV) if p.name == "down" else p for p in network.projections]
    with pytest.raises(QuantisationError, match="'low'.*'dendrite'.*p_span wider"):
        deploy(replace(network, projections=huge))
    with pytest.raises(UnsupportedError, match="step of 0.01 s.*Shorten dt"):
        lower(Network("coarse", [Population("cell", 1, BurstLIF())], dt=10 * ms))


def test_changes_gather_in_the_tag():
    """Whole steps of a weight move at events, and the rest stays."""
    steps, moving = 400, burst_dependent_carried(eta=0.05 * mV, tau=50 * ms, bounds=(0, 20 * mV))
    program = deploy(burst_network(moving)).program
    watch = [SynapseProbe("drive_low", variable, 1) for variable in ("w", "tag")]
    found = emulate(program, steps, inputs=given(steps, rate=0.3), watch=watch)
    w, tag = (found.weights["drive_low"].values.astype(int), found.synapses["drive_low", "tag"].values.astype(int))
    event = found.raster("low")[0] == 1
    moved = np.where(event[-len(w) + 1 :, None], (tag[:-1] + 16) // 32, 0)
    assert np.array_equal(np.diff(w, axis=0), np.clip(w[:-1] + moved, 0, 255) - w[:-1])
    assert np.abs(moved).max() >= 1 and np.abs(tag[-1] % 32).max() > 0


@pytest.mark.parametrize("centre", [0.0, 2.0])
def test_traces_count_from_the_centre(centre):
    """Without a presynaptic spike, a burst takes eta * centre and an event gives P times that."""
    steps, start, eta, share = 400, 10.0, 0.2, 0.25
    moving = burst_dependent_carried(eta=eta * mV, tau=20 * ms, bounds=(0, 20 * mV), centre=centre)
    cell = BurstLIF(bias=24 * mV, bias_d=10 * mV, baseline=SteadyBaseline(share), jump=0 * mV)
    silent = Population("silent", 3, SpikeRaster(np.zeros((1, 3), np.uint8)))
    onto = Projection("silent", "cell", np.full((3, 4), start) * mV, plasticity=moving)
    network = Network("centred", [silent, Population("cell", 4, cell)], [onto], dt=1 * ms, seed=1)
    watch = [SynapseProbe("silent_cell", variable, 1) for variable in ("w", "tag")]
    chip = deploy(network).program
    # A tag in float is in volt, on the chip in 32nds of a stored weight's step.
    for program, volt in ((lower(network), 1), (chip, 32 * chip.projections[0].stored_weights[0, 0] / (start * 1e-3))):
        found = emulate(program, steps, inputs={"silent": np.zeros((1, steps, 3), np.uint8)}, watch=watch)
        seen = found.raster("cell")[0, : found.weights["silent_cell"].steps[-1]]
        bursts, events = ((seen == kind).sum(axis=0) for kind in (2, 1))
        wanted = -eta * centre * (bursts - share * events) * 1e-3
        assert (bursts > 3).all() and (centre == 0 or (wanted < -1e-3).all())
        w, tag = found.weights["silent_cell"].values, found.synapses["silent_cell", "tag"].values
        changed = (w[-1] / w[0] - 1) * start * 1e-3 + tag[-1] / volt
        np.testing.assert_allclose(changed, np.tile(wanted, (3, 1)), rtol=0.05, atol=2e-5)
