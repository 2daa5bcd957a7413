"""The files of the NIR paper: they load, or are refused for a fault of the file, and run as recorded."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import Probe, SpikeRaster, deploy, emulate_network, simulate
from neurosim.errors import DataError
from neurosim.nir import from_nir
from neurosim.units import ms, second

SIZES = {
    "braille_noDelay_bias_zero": [12, 38, 7],
    "braille_noDelay_noBias_subtract": [12, 40, 7],
    "cnn_sinabs": [2312, 4096, 4096, 512, 256, 10],
    "lif_norse": [1, 1],
    "lif_rockpool": [1, 1],
    "two_lif_neurons": [1, 1, 1],
}


def folder(name):
    place = Path(os.environ.get("NEUROSIM_DATA", ""), name)
    if not place.is_dir():
        pytest.skip(f"the NIR paper's files are not here: NEUROSIM_DATA names no folder that holds {name}/")
    return place


@pytest.mark.parametrize("name", list(SIZES))
def test_files_load(name):
    found = from_nir(folder("nir") / f"{name}.nir").network
    assert [p.n for p in found.populations] == SIZES[name]
    assert found.name == name


@pytest.mark.parametrize("name", ["braille_noDelay_bias_zero_subgraph", "braille_noDelay_noBias_subtract_subgraph"])
def test_files_whose_edges_name_no_node_are_refused(name):
    with pytest.raises(DataError, match=r"node 'lif1': the edge \('input', 'lif'\) names no node .* Did you mean 'lif1'"):
        from_nir(folder("nir") / f"{name}.nir")


def recorded(name):
    return np.loadtxt(folder("nir-lif") / f"{name}.csv", delimiter=",")


def spikes(trace):
    return np.flatnonzero(trace[:, 2])


@pytest.mark.parametrize(("file", "producer"), [("lif_norse", "nir"), ("lif_rockpool", "rockpool")])
def test_one_neuron_spikes_as_recorded(file, producer):
    given = SpikeRaster(recorded("lif_norse")[:, :1].astype(int))
    imported = from_nir(folder("nir") / f"{file}.nir", producer=producer, inputs=given)
    run = emulate_network(imported.network, 100 * ms)
    found = run.spikes[imported.outputs[0]].step
    for name in ("lif_exact", "lif_norse", "lif_lava_cpu_float", "lif_lava_cpu_fixed", "lif_lava_loihi_fixed"):
        assert np.abs(found - spikes(recorded(name))).max() <= 1, name
    # Lava and the chip have the step of a connection, too.
    assert found.tolist() == spikes(recorded("lif_lava_cpu_float")).tolist()


def test_one_neuron_has_the_recorded_voltage():
    trace = recorded("lif_norse")
    given = SpikeRaster(trace[:, :1].astype(int))
    imported = from_nir(folder("nir-lif") / "lif_norse.nir", inputs=given)
    (name,) = imported.outputs
    network = replace(imported.network, probes=[Probe(name, "v")])
    v = emulate_network(network, 100.1 * ms).states[name, "v"][0, 1:, 0]
    assert np.allclose(v, trace[:, 1], atol=1e-6)
    assert np.allclose(simulate(network, 100.1 * ms, integration="step").states[name, "v"][0, 1:, 0], trace[:, 1], atol=1e-6)


def test_on_the_chip_it_spikes_as_the_chip_did():
    trace = recorded("lif_lava_loihi_fixed")
    imported = from_nir(folder("nir") / "lif_norse.nir", inputs=SpikeRaster(trace[:, :1].astype(int)))
    run = deploy(imported.network).emulate(100 * ms)
    assert run.spikes[imported.outputs[0]].step.tolist() == spikes(trace).tolist()


def test_the_images_of_sinabs_reach_the_last_layer():
    busy = SpikeRaster((np.random.default_rng(0).random((20, 2312)) < 0.1).astype(int))
    imported = from_nir(folder("nir") / "cnn_sinabs.nir", producer="sinabs", inputs=busy)
    run = emulate_network(imported.network, 20 * second)
    assert all(len(found) > 10 for found in run.spikes.values())
