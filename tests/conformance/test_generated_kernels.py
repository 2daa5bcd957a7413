"""The generated kernels: samples side by side are as samples one after the other, and their text can be read."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from neurosim import LIF, FixedOutDegree, Network, Normal, PoissonInput, Population, Projection, deploy
from neurosim.backends.emulator import emulate, kernel_source, loop_source
from neurosim.backends.emulator.learning_run import run_learning
from neurosim.errors import UnsupportedError
from neurosim.program.inputs import complete_inputs, input_rasters
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, mV
from tests.conformance import random_programs
from tests.conformance.chip_rules import chip_case

SEEDS = range(20)
SAMPLES, STEPS = 3, 60


@pytest.mark.parametrize(("kind", "arithmetic"), [("fixed", None), ("float", None), ("fixed", "loihi1")])
def test_random_programs(kind, arithmetic):
    compared = sum(same(getattr(random_programs, f"{kind}_program")(seed), seed, arithmetic) for seed in SEEDS)
    # Loihi 1 has fewer neurons than Lava, so that some programs are refused there.
    assert compared >= (1 if arithmetic else len(SEEDS))


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_source_can_be_read(arithmetic):
    program = getattr(random_programs, f"{arithmetic}_program")(1)
    text = kernel_source(program)
    for population in program.populations:
        assert (f"# {population.name}\n" in text) == (not population.neuron.is_source)
    assert "def update(" in text and "def run_sample(" in text
    ast.parse(text)


def test_the_source_of_learning_can_be_read():
    case = chip_case(3)
    text = kernel_source(case.program)
    ast.parse(text)
    assert "# plastic: what it learns\n" in text and "def learn(" in text


def same(program, seed, arithmetic):
    inputs, probes = random_programs.inputs(program, seed, SAMPLES, STEPS), random_programs.states(program)
    try:
        found = emulate(program, STEPS, inputs=inputs, probes=probes, arithmetic=arithmetic)
    except UnsupportedError:
        return False
    wanted = run_learning(program, STEPS, complete_inputs(program, STEPS, inputs), probes, arithmetic, {}, ())
    for name, spikes in wanted.spikes.items():
        for field in ("sample", "step", "neuron", "payload"):
            np.testing.assert_array_equal(getattr(found.spikes[name], field), getattr(spikes, field), f"{name}, {field}")
    for key, values in wanted.states.items():
        np.testing.assert_array_equal(found.states[key], values, str(key))
    assert found.info.get("overflows") == wanted.info.get("overflows")
    return True


@pytest.mark.parametrize("kind", ["float", "fixed"])
def test_few_synapses_and_all_neurons_give_the_same_bits(kind, monkeypatch):
    """Sums of synapses that spikes reach are added alone where they are few, which changes nothing, not even how sums round."""
    parts = [Population("noise", 40, PoissonInput(30 * Hz)), Population("cells", 400, LIF(tau_m=20 * ms, v_th=10 * mV))]
    links = [
        Projection("noise", "cells", FixedOutDegree(Normal(6 * mV, 1 * mV), n=60), delay=1 * ms),
        Projection("noise", "cells", FixedOutDegree(Normal(0 * mV, 3 * mV), n=8), name="again", delay=1 * ms),
        Projection("cells", "cells", FixedOutDegree(Normal(1 * mV, 1 * mV), n=10), delay=1 * ms),
    ]
    network = Network("few", parts, links)
    program = lower(network) if kind == "float" else deploy(network).program
    inputs, found = input_rasters(network, 300), []
    for few in (loop_source._FEW, 1 << 40, 0):
        monkeypatch.setattr(loop_source, "_FEW", few)
        loop_source.step_loop.cache_clear()
        found.append(emulate(program, 300, inputs=inputs, probes=[("cells", "v")]))
    loop_source.step_loop.cache_clear()
    assert len(found[0].spikes["cells"]) > 100
    for other in found[1:]:
        assert np.array_equal(found[0].states["cells", "v"], other.states["cells", "v"])
