"""Export to SANA-FE; with NEUROSIM_SANAFE, a Python that has SANA-FE 2.2.9, it is run and has equal spikes and energies."""

from __future__ import annotations

import json
import os
import re
import subprocess

import numpy as np
import pytest

from neurosim import LIF, Network, PoissonInput, Population, Projection, deploy, per_step
from neurosim.backends.sanafe import write_sanafe
from neurosim.errors import UnsupportedError
from neurosim.rng import stream
from neurosim.units import Hz, ms

STEPS = 100


def chain():
    """Three layers; currents drive the first one."""
    cell, rng = LIF(tau_m=per_step(0.97), v_th=1.0), stream(0, "sanafe")
    sizes = (300, 200, 10)
    names = [f"layer{k}" for k in range(3)]
    populations = [Population(names[0], sizes[0], cell, current=0.03 * rng.uniform(0.8, 2.0, sizes[0]))]
    populations += [Population(name, n, cell) for name, n in zip(names[1:], sizes[1:], strict=True)]
    weights = [rng.uniform(-0.2, 0.3, shape) * (rng.random(shape) < 0.5) for shape in zip(sizes, sizes[1:], strict=False)]
    return Network("chain", populations, [Projection(a, b, w) for a, b, w in zip(names, names[1:], weights, strict=False)])


def test_files_contain_every_neuron_and_weight(tmp_path):
    made = deploy(chain(), "loihi1")
    placement = made.place()
    folder = write_sanafe(made.program, placement, tmp_path / "sanafe")
    text = (folder / "net.yaml").read_text()
    edges = re.findall(r"- p(\d)\.(\d+) -> p(\d)\.(\d+): \[weight: (\S+)\]", text)
    for number, k in enumerate(made.program.projections):
        found = np.zeros(k.weights.shape)
        for pre, i, post, j, weight in edges:
            if int(pre) == number:
                assert int(post) == number + 1
                found[int(i), int(j)] = float(weight)
        np.testing.assert_array_equal(found, np.asarray(k.stored_weights) * 2.0**k.weight_exp)
    for population, name in enumerate(placement.core_of):
        cores = re.findall(rf"- p{population}\.(\d+): \[core: (\d+)\.(\d+)\]", text)
        assert [4 * int(tile) + int(core) for _, tile, core in cores] == placement.core_of[name].tolist()
    assert "energy_message_out: 111.0e-12" in (folder / "arch.yaml").read_text()


def test_what_sana_fe_would_compute_in_another_way_is_refused(tmp_path):
    cell = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)
    for neuron, message in ((cell, "without a synaptic time constant"), (PoissonInput(5 * Hz), "found another neuron")):
        made = deploy(Network("n", [Population("p", 2, neuron)]), "loihi1")
        with pytest.raises(UnsupportedError, match=message):
            write_sanafe(made.program, made.place(), tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


@pytest.mark.skipif("NEUROSIM_SANAFE" not in os.environ, reason="NEUROSIM_SANAFE names no Python with SANA-FE 2.2.9")
def test_sana_fe_has_equal_spikes_and_the_energy_of_the_price(tmp_path):
    made = deploy(chain(), "loihi1")
    recording = made.emulate(STEPS * ms)
    placement = made.place(activity=recording)
    folder = write_sanafe(made.program, placement, tmp_path / "sanafe")
    command = [os.environ["NEUROSIM_SANAFE"], "run.py", str(STEPS)]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    numbers = {f"p{k}": name for k, name in enumerate(placement.core_of)}
    theirs = {name: [] for name in placement.core_of}
    for step, neuron in found["spikes"]:
        group, j = neuron.split(".")[:2]
        theirs[numbers[group]].append((step, int(j)))
    for name, spikes in recording.spikes.items():
        assert sorted(theirs[name]) == sorted(zip(spikes.step.tolist(), spikes.neuron.tolist(), strict=True))
    # SANA-FE calls a neuron active in each step in which its voltage or its bias is not 0, neurosim if something arrives.
    lines = {line.event: line for line in made.price(recording).estimates[1].lines}
    energy = {name: float(joule) for name, joule in found["energy"].items()}
    synapses = lines["synaptic operation, dense"].joule + lines["synaptic operation, sparse"].joule
    assert energy["synapse"] == pytest.approx(synapses, rel=1e-9)
    hops = lines["hop east or west"].joule + lines["hop north or south"].joule
    assert energy["network"] == pytest.approx(lines["message"].joule + hops, rel=1e-9)
    always = lines["neuron access"].joule + lines["spike"].joule
    every_step = lines["neuron access"].count * lines["neuron update, active"].picojoule * 1e-12
    assert always + lines["neuron update, active"].joule <= energy["soma"] <= always + every_step
