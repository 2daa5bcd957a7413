"""The emulator's door and its chunks; its arithmetic is tested against Lava and others in `tests/conformance`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import LIF, Network, Population, Projection, SpikeRaster, Transposed, deploy
from neurosim.backends.emulator import Session, emulate, kernel_run
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import NetworkError, UnsupportedError, UsageError
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.units import ms, mV
from tests.steps import SOURCE, chip_neuron

RNG = np.random.default_rng(0)
CELL = LIF(tau_m=20 * ms, v_th=10 * mV)
PROGRAM = FixedProgram(
    "p",
    1e-3,
    (
        FixedPopulation("out", 5, chip_neuron("LIF", du=np.array(3000), dv=np.array(200), v_th=np.array(40))),
        FixedPopulation("source", 11, SOURCE),
    ),
    (
        FixedProjection("s_o", "source", "out", RNG.integers(-50, 90, (11, 5)), delays=RNG.integers(0, 4, (11, 5))),
        FixedProjection("o_o", "out", "out", RNG.integers(-90, 50, (5, 5)), delays=np.array(2)),
    ),
)
SPIKES = (RNG.random((6, 80, 11)) < 0.2).astype(np.uint8)
PROBES = [("out", "u"), ("out", "v")]


def _same(a, b):
    for name in a.spikes:
        np.testing.assert_array_equal(a.raster(name), b.raster(name))
    for key, values in a.states.items():
        np.testing.assert_array_equal(values, b.states[key])


@pytest.mark.parametrize("size", [1, 16 * 7, 16 * 80 * 2])
def test_chunks_of_time_and_samples_change_nothing(size, monkeypatch):
    whole = emulate(PROGRAM, 80, inputs={"source": SPIKES}, probes=PROBES)
    monkeypatch.setattr(kernel_run, "_CHUNK_BYTES", size)
    monkeypatch.setattr(kernel_run, "_BLOCK_BYTES", size)
    _same(whole, emulate(PROGRAM, 80, inputs={"source": SPIKES}, probes=PROBES))
    assert len(whole.spikes["out"]) > 50


def test_samples_are_independent_of_each_other_and_of_threads(monkeypatch):
    whole = emulate(PROGRAM, 80, inputs={"source": SPIKES})
    monkeypatch.setattr(kernel_run.os, "cpu_count", lambda: 5)
    _same(whole, emulate(PROGRAM, 80, inputs={"source": SPIKES}))
    for s in range(len(SPIKES)):
        alone = emulate(PROGRAM, 80, inputs={"source": SPIKES[s : s + 1]})
        np.testing.assert_array_equal(alone.raster("out")[0], whole.raster("out")[s])


def test_payloads_of_sources_are_kept():
    graded = replace(PROGRAM.projections[0], message_bits=8)
    program = replace(PROGRAM, projections=(graded,))
    values = (SPIKES * 3).astype(np.int32)
    recording = emulate(program, 80, inputs={"source": values})
    np.testing.assert_array_equal(recording.raster("source"), values)
    assert len(recording.spikes["out"]) != len(emulate(program, 80, inputs={"source": SPIKES}).spikes["out"])


def test_a_silent_program_stays_silent():
    recording = emulate(PROGRAM, 10)
    assert recording.samples == 1 and not len(recording.spikes["out"]) and not len(recording.spikes["source"])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"steps": 0}, NetworkError, "steps = 0"),
        ({"inputs": {"sauce": SPIKES}}, NetworkError, "Unknown source 'sauce'.*Did you mean 'source'"),
        ({"inputs": {"out": SPIKES}}, NetworkError, "Unknown source 'out'"),
        ({"inputs": {"source": SPIKES[:, :9]}}, NetworkError, r"expected \(samples, steps, n\) = \(6, 80, 11\)"),
        ({"inputs": {"source": SPIKES * 0.5}}, NetworkError, "whole numbers"),
        ({"probes": [("out", "w")]}, NetworkError, "Unknown variable 'w'"),
        ({"probes": [("inn", "v")]}, NetworkError, "Unknown population 'inn'"),
        ({"arithmetic": "float"}, UnsupportedError, "'p' is in integers: .* For float: pass deploy.network..float_program"),
        ({"arithmetic": "loihi3"}, UnsupportedError, "Did you mean 'loihi1'"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        emulate(PROGRAM, **{"steps": 80, "inputs": {"source": SPIKES}, **arguments})


def test_spikes_without_payload_go_backwards_through_the_weights_of_another_projection():
    weights, raster = RNG.uniform(-10, 30, (6, 4)) * mV, RNG.random((200, 12)) < 0.05

    def spikes(back):
        cells = [Population("given", 12, SpikeRaster(raster)), Population("a", 6, CELL), Population("b", 4, CELL)]
        drive = Projection("given", "a", np.full((12, 6), 12.0) * mV)
        back = Projection("b", "a", back)
        return emulate_network(Network("both_ways", cells, [drive, Projection("a", "b", weights), back]), 200 * ms)

    mirrored, own = spikes(Transposed("a_b")), spikes(weights.T)
    _same(mirrored, own)
    assert len(own.spikes["b"]) > 10


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_a_network_of_inputs_alone(arithmetic):
    raster = RNG.random((20, 3)) < 0.2
    found = deploy(Network("alone", [Population("given", 3, SpikeRaster(raster))])).emulate(20 * ms, arithmetic=arithmetic)
    assert np.array_equal(found.raster("given")[0], raster)


@pytest.mark.parametrize("run", [Session, lambda program: emulate(program, 5)])
def test_what_is_no_program_is_refused_by_name(run):
    with pytest.raises(UsageError, match=r"found <Network 'n'.*pass deploy\(network\).program"):
        run(Network("n", [Population("cells", 1, CELL)]))
