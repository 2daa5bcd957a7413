"""Drift by its causes, the numbers that are put into the float program, and calibration."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neurosim import (
    LIF,
    AllToAll,
    ImageInput,
    Network,
    Normal,
    PoissonInput,
    Population,
    Projection,
    RateCoding,
    ShortTermPlasticity,
    SpikeRaster,
    StepLIF,
    Uniform,
    calibrate,
    deploy,
    per_step,
)
from neurosim.backends.drift import ARITHMETIC, LIMITS, NOISE
from neurosim.backends.lava.interpreter import LAVA_VERSION, lava_python
from neurosim.chip.effective import CAUSES, same_numbers, with_all
from neurosim.errors import NetworkError, NeurosimError, QuantisationError, UsageError
from neurosim.plasticity import pair_stdp
from neurosim.report.drift import drift_page
from neurosim.units import Hz, ms, mV, second


def images(n=12, pixels=16, seed=0):
    return np.random.default_rng(seed).random((n, pixels))


def shown(neuron, weights, seed=0, **wire):
    cells = [Population("image", 16, ImageInput(RateCoding(20))), Population("cells", 8, neuron)]
    return Network("shown", cells, [Projection("image", "cells", weights, **wire)], seed=seed)


def exact_cell(**changed):
    return StepLIF(**{"tau_m": per_step(0.75), "v_th": 64.0, **changed})


GRID = 2.0 * np.random.default_rng(1).integers(-127, 128, (16, 8))
GRID[0, 0] = 254.0


def run(chip, **more):
    return chip.drift(21 * ms, images=images(), against=(), **more)


def test_a_network_that_the_chip_holds_exactly_has_no_cause_in_its_numbers():
    chip = deploy(shown(exact_cell(), GRID))
    assert same_numbers(chip.float_program, with_all(chip.float_program, chip.program))
    found = run(chip)
    assert all(found.cause(name).exact for name in CAUSES)


@pytest.mark.parametrize(
    ("cause", "neuron", "weights"),
    [
        ("decay", exact_cell(tau_m=per_step(0.7512)), GRID),
        ("weights", exact_cell(), GRID + np.where(np.abs(GRID) < 200, 0.9, 0.0)),
        ("threshold", exact_cell(v_th=64.4), GRID),
        ("bias", exact_cell(bias=0.9999 + 1 / 128), GRID),
        ("other parameters", exact_cell(v_reset=0.41), GRID),
    ],
)
def test_the_only_inexact_number_is_the_only_cause(cause, neuron, weights):
    chip = deploy(shown(neuron, weights))
    found = run(chip)
    assert [name for name in CAUSES if not found.cause(name).exact] == [cause]
    # Before a spike differs, a threshold moves no membrane.
    assert (found.cause(cause).membrane > 0) == (cause != "threshold")


def test_numbers_are_those_of_the_report():
    chip = deploy(shown(LIF(tau_m=17 * ms, v_th=10 * mV, tau_syn=3 * ms), AllToAll(Normal(2 * mV, 3 * mV))))
    values = with_all(chip.float_program, chip.program).population("cells").neuron.values
    got = {loss.field: loss.got for loss in chip.report.losses if loss.where == "cells"}
    assert got["dv"] == pytest.approx(1 - values["tau_m"], rel=1e-12)
    assert got["du"] == pytest.approx(1 - values["tau_syn"], rel=1e-12)
    assert got["v_th"] == pytest.approx(values["v_th"], rel=1e-12)


def test_weights_are_within_half_a_step_and_a_relay_keeps_their_unit():
    wire = AllToAll(Uniform(0 * mV, 6 * mV))
    for given in ({}, {"short_term": ShortTermPlasticity(U=0.4, tau_d=100 * ms)}):
        chip = deploy(shown(LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms), wire, **given))
        (described,), (held,) = chip.float_program.projections, with_all(chip.float_program, chip.program).projections
        wanted = np.asarray(described.weights)
        assert np.abs(wanted - held.weights).max() <= np.abs(wanted).max() / 255 / 2 * 1.01


def test_shares_in_order_sum_to_one_and_alone_nearly_so():
    neuron = LIF(tau_m=17 * ms, v_th=10 * mV, tau_syn=3 * ms)
    chip = deploy(shown(neuron, AllToAll(Normal(3 * mV, 3 * mV))), weight_bits=4)
    found = chip.drift(21 * ms, images=images(200), against=())
    assert sum(c.share_in_order for c in found.causes) == pytest.approx(1.0)
    assert found.explained == pytest.approx(1.0, abs=0.2) and found.interaction < 0.5
    assert found.total.share == pytest.approx(1.0) and found.total.spikes > 0


def wrapping():
    """Inhibition that drives the current of a silent cell beyond 24 bits."""
    cell = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=100 * ms)
    always = Population("input", 10, SpikeRaster(np.ones((120, 10))))
    return Network("always", [always, Population("cell", 1, cell)], [Projection("input", "cell", AllToAll(-0.3))], dt=1 * ms)


def test_without_limits_nothing_wraps_and_the_limits_are_the_cause():
    chip = deploy(wrapping())
    runs = {arithmetic: chip.emulate(120 * ms, arithmetic=arithmetic) for arithmetic in ("fixed", "unlimited")}
    assert len(runs["fixed"].spikes["cell"]) and not len(runs["unlimited"].spikes["cell"])
    assert "overflows" not in runs["unlimited"].info
    found = chip.drift(120 * ms, against=())
    assert found.cause(LIMITS).share_in_order == pytest.approx(1.0) and not found.cause(LIMITS).exact
    assert found.cause(ARITHMETIC).rate == 0.0


def test_without_limits_is_the_same_where_nothing_overflows():
    chip = deploy(shown(LIF(tau_m=17 * ms, v_th=10 * mV, tau_syn=3 * ms), AllToAll(Normal(3 * mV, 3 * mV))))
    one, other = (chip.emulate(21 * ms, images=images(), arithmetic=name) for name in ("fixed", "unlimited"))
    assert (one.raster("cells") == other.raster("cells")).all() and one.raster("cells").any()


def learning(seconds_of_rate=40):
    rule = pair_stdp(0.02, 0.021, bounds=(0.0, 0.5))
    cells = [Population("input", 40, PoissonInput(seconds_of_rate * Hz)), Population("output", 6, LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("learning", cells, [Projection("input", "output", AllToAll(Uniform(0.0, 0.2)), plasticity=rule)], seed=2)


def test_learning_has_noise_and_constants_and_weights():
    found = deploy(learning()).drift(2 * second, against=(), repeats=3)
    assert found.cause(NOISE).weights > 0 and not found.cause("learning constants").exact
    assert found.total.weights > 0 and found.total.accuracy is None
    alone = deploy(learning()).drift(2 * second, against=(), repeats=1)
    assert alone.cause(NOISE).exact


def test_time_steps_and_what_brian2_cannot_solve():
    neuron = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    cells = [Population("input", 20, PoissonInput(100 * Hz)), Population("cells", 5, neuron)]
    network = Network("net", cells, [Projection("input", "cells", AllToAll(Uniform(0 * mV, 4 * mV)))])
    found = deploy(network).drift(100 * ms)
    assert [c.cause for c in found.further] == ["time discretisation"] and found.further[0].spikes > 0
    refused = deploy(shown(exact_cell(), GRID)).drift(21 * ms, images=images())
    assert not refused.further and "Brian2 does not solve this network in continuous time" in refused.notes[0]
    assert refused.notes[0] in " ".join(str(refused).split())


@pytest.mark.skipif(lava_python().version != LAVA_VERSION, reason="needs Lava")
def test_lava_drifts_as_the_emulator_does():
    chip = deploy(shown(exact_cell(), AllToAll(Normal(20.0, 30.0))), weight_bits=3)
    found = chip.drift(21 * ms, images=images(2), against={"lava"})
    (lava,) = found.further
    assert (lava.cause, lava.spikes, lava.rate) == ("total in Lava", found.total.spikes, found.total.rate)
    assert lava.spikes > 0


def test_labels_and_the_forms_of_a_drift():
    chip = deploy(shown(exact_cell(), AllToAll(Normal(20.0, 30.0))), weight_bits=3)
    found = run(chip, labels=np.arange(12) % 8)
    assert found.total.accuracy == pytest.approx(found.accuracy[1] - found.accuracy[0])
    stored = json.loads(json.dumps(found.to_dict()))
    assert [c["cause"] for c in stored["causes"]] == [c.cause for c in found.causes]
    assert "share in order" in str(found) and "The causes alone sum to" in str(found)
    assert len(found.plot().axes) == 3
    assert "Drift and its causes" in drift_page(chip, found, "again")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"against": {"nest"}}, UsageError, "against: .*'nest'"),
        ({"against": "lava"}, UsageError, "expected a set of names from brian2, lava"),
        ({"repeats": 0}, UsageError, "repeats = 0; expected a whole number of at least 1"),
        ({"readout": "nobody"}, NetworkError, "nobody"),
    ],
)
def test_a_drift_that_cannot_be_measured_is_refused(given, error, words):
    chip = deploy(shown(exact_cell(), GRID))
    with pytest.raises(error, match=words):
        chip.drift(21 * ms, images=images(), **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"clip": {"nobody": 1.0}}, "nobody"),
        ({"clip": {"image_cells": -1.0}}, "clip of 'image_cells' = -1.0: expected a positive absolute weight"),
        ({"clip": 0.0}, "clip = 0.0: expected a positive"),
        ({"scales": {"nobody": 2.0}}, "nobody"),
        ({"scales": {"cells": 0.0}}, "scale of 'cells' = 0.0: expected a positive factor"),
    ],
)
def test_choices_are_checked(given, words):
    with pytest.raises(QuantisationError, match=words):
        deploy(shown(exact_cell(), GRID), **given)


def test_clips_and_scales_of_parts():
    network = shown(exact_cell(), AllToAll(Normal(0.0, 30.0)))
    plain = deploy(network)
    cut, all_cut = deploy(network, clip={"image_cells": 20.0}), deploy(network, clip=20.0)
    assert cut.program.projections[0].weights.max() == 254
    np.testing.assert_array_equal(cut.program.projections[0].weights, all_cut.program.projections[0].weights)
    twice = deploy(network, scales={"cells": 2.0})
    assert twice.program.population("cells").scale == 2 * plain.program.population("cells").scale
    assert (twice.program.projections[0].weights == plain.program.projections[0].weights).all()
    assert twice.program.projections[0].weight_exp == plain.program.projections[0].weight_exp + 1


def heavy():
    """Weights of which a few are very large, so that the default makes all others coarse."""
    weights = np.random.default_rng(0).normal(0.0, 10.0, (16, 8))
    weights[0, 0] = 200.0
    return shown(exact_cell(), weights)


def test_calibration_lowers_the_drift_and_says_so():
    chip = calibrate(heavy(), duration=21 * ms, images=images(60), weight_bits=3, budget=30, progress=False)
    found = chip.calibration
    assert found.accepted and found.after.drift < found.before.drift and found.held_after.drift < found.held_before.drift
    assert found.clips and found.tried <= 30
    entry = next(loss for loss in chip.report.losses if loss.field == "calibration")
    assert entry.text == str(found) and "Held-back samples" in entry.text
    unseen = images(60, seed=9)
    before, after = (c.drift(21 * ms, images=unseen, against=()) for c in (deploy(heavy(), weight_bits=3), chip))
    assert after.total.rate < before.total.rate
    assert json.dumps(found.to_dict())


def test_nothing_to_win_keeps_the_default():
    chip = calibrate(shown(exact_cell(), GRID), duration=21 * ms, images=images(9), budget=5, progress=False)
    assert not chip.calibration.accepted and "default is kept" in str(chip.calibration)
    default = deploy(shown(exact_cell(), GRID))
    np.testing.assert_array_equal(chip.program.projections[0].weights, default.program.projections[0].weights)


def test_a_run_without_images_is_cut_into_pieces():
    cells = [Population("input", 30, PoissonInput(100 * Hz)), Population("cells", 5, LIF(tau_m=20 * ms, v_th=10 * mV))]
    network = Network("net", cells, [Projection("input", "cells", AllToAll(Normal(1 * mV, 2 * mV)))])
    found = calibrate(network, duration=600 * ms, weight_bits=3, budget=6, progress=False).calibration
    assert found.tried == 6 and found.held_before.drift > 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"images": images(2)}, "found 2 samples; expected at least 3"),
        ({"images": images(6), "labels": [0, 1]}, r"labels have shape \(2,\)"),
        ({"images": images(6), "labels": ["a"] * 6}, "calibrate: labels: "),
        ({"images": images(6), "budget": 0}, "budget = 0; expected at least one"),
    ],
)
def test_calibrations_that_cannot_be_are_refused(given, words):
    with pytest.raises(NeurosimError, match=words):
        calibrate(shown(exact_cell(), GRID), duration=21 * ms, **given)


@pytest.mark.parametrize(
    ("duration", "labels", "words"),
    [
        (None, None, "duration: "),
        ("long", None, "duration: "),
        (21 * ms, [0, 1], r"drift: labels have shape \(2,\); expected one label per sample, \(3,\)"),
        (21 * ms, 0, r"drift: labels have shape \(\)"),
        (21 * ms, [0, 1, np.nan], "drift: labels: expected whole numbers"),
        (21 * ms, ["a", "b", "c"], "drift: labels: "),
    ],
)
def test_drifts_that_cannot_be_are_refused(duration, labels, words):
    with pytest.raises(NeurosimError, match=words):
        deploy(shown(exact_cell(), GRID)).drift(duration, images=images(3), labels=labels, against=())


def test_a_network_of_inputs_alone_does_not_drift():
    drift = deploy(Network("inputs", [Population("input", 3, PoissonInput(100 * Hz))])).drift(20 * ms)
    assert drift.total.rate == 0 and drift.explained is None and str(drift) and drift.plot()
