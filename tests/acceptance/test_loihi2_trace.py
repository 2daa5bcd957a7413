"""One LIF neuron as a Loihi 2 chip recorded it (and Lava's CPU model beside it), from the NIR paper's first experiment.

Pedersen et al., "Neuromorphic intermediate representation", Nature Communications 15, 8122 (2024),
doi 10.1038/s41467-024-52259-9; files of its repository (`paper/01_lif`), columns input, voltage, spike. Parameters are those
that its Lava converter derives from the NIR graph: tau = 2.5 ms, weight 0.04 a step, threshold 0.1, step 0.1 ms.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from neurosim.backends.emulator import emulate
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from tests.steps import SOURCE, chip_neuron

DT = 1e-4
DV, THRESHOLD = int(DT / 2.5e-3 * 4095), int(0.1 * 131071) >> 9
NEURON = chip_neuron("LIF", du=4095, dv=DV, v_th=THRESHOLD)
WEIGHT = int(0.04 * 256)
SPIKES = [461, 511, 711, 761]

AFTER_SPIKE = 128
"""What the chip's voltage register reads in the step of a spike, where Lava has 0: its low bits count refractory time."""


@pytest.fixture
def folder():
    place = Path(os.environ.get("NEUROSIM_DATA", ""), "nir-lif")
    if not place.is_dir():
        pytest.skip("the recorded trace is not here: NEUROSIM_DATA names no folder that holds nir-lif/")
    return place


def program():
    return FixedProgram(
        "nir_lif",
        DT,
        (FixedPopulation("input", 1, SOURCE), FixedPopulation("lif", 1, NEURON)),
        (FixedProjection("input_lif", "input", "lif", np.array([[WEIGHT]])),),
    )


def emulated(trace):
    raster = trace[:, 0].astype(np.uint8)[None, :, None]
    run = emulate(program(), len(trace), inputs={"input": raster}, probes=[("lif", "v")])
    return run.states["lif", "v"][0, :, 0], run.raster("lif")[0, :, 0]


def test_parameters_are_those_of_the_converter():
    assert (DV, WEIGHT, THRESHOLD) == (163, 10, 25)


def test_chip(folder):
    trace = np.loadtxt(folder / "lif_lava_loihi_fixed.csv", delimiter=",")
    v, spikes = emulated(trace)
    assert np.flatnonzero(spikes).tolist() == np.flatnonzero(trace[:, 2]).tolist() == SPIKES
    quiet = spikes == 0
    assert np.array_equal(v[quiet], trace[quiet, 1])
    assert np.all(v[~quiet] == 0) and np.all(trace[~quiet, 1] == AFTER_SPIKE)


def test_lava_cpu(folder):
    trace = np.loadtxt(folder / "lif_lava_cpu_fixed.csv", delimiter=",")
    v, spikes = emulated(trace)
    assert np.array_equal(v, trace[:, 1]) and np.array_equal(spikes, trace[:, 2])
