"""The emulator's `float` and Lava's `floating_pt`: the same spikes, and states to a rounding error, on random networks."""

from __future__ import annotations

import os

import numpy as np
import pytest

from neurosim.backends.emulator import emulate
from neurosim.backends.lava.runner import run_lava
from tests.conformance.lava_children import STEPS, TIMEOUT, inline, joined, needs_lava
from tests.conformance.random_programs import float_program, inputs, prefixed, states, union

FUZZ = int(os.environ.get("NEUROSIM_FUZZ", "1"))
TOLERANCE = 1e-9

pytestmark = [pytest.mark.slow, needs_lava]


def drawn(first, count):
    programs = [float_program(seed) for seed in range(first, first + count)]
    return programs, [inputs(p, first + k, 1, STEPS) for k, p in enumerate(programs)]


def check(program, given, expected, prefix):
    found = emulate(program, STEPS, inputs=given, probes=states(program), arithmetic="float")
    for name, state in states(program):
        wanted = expected[prefixed(prefix, f"{name}.{state}")]
        message = f"{program.name}: {state} of {name} ({program.population(name).neuron.step.name})"
        np.testing.assert_allclose(found.states[name, state][0], wanted, rtol=TOLERANCE, atol=TOLERANCE, err_msg=message)
    for population in program.populations:
        if not population.neuron.is_source:
            wanted = expected[prefixed(prefix, f"{population.name}.spike")]
            spikes = found.raster(population.name)[0] != 0
            assert np.array_equal(spikes, wanted != 0), f"{program.name}: spikes of {population.name}"


@pytest.mark.parametrize("batch", range(2 * FUZZ))
def test_emulator_equals_lava_models(batch, tmp_path):
    programs, given = drawn(batch * 40, 40)
    expected = inline(programs, given, tmp_path)
    for k, program in enumerate(programs):
        check(program, given[k], expected, k)


def test_emulator_equals_lava_run():
    programs, given = drawn(10_000, 4)
    both = union(programs)
    run = run_lava(both, STEPS, inputs=joined(given), probes=states(both), timeout=TIMEOUT)
    expected = {f"{name}.{state}": run.states[name, state][0] for name, state in states(both)}
    expected |= {f"{p.name}.spike": run.raster(p.name)[0] for p in both.populations}
    for k, program in enumerate(programs):
        check(program, given[k], expected, k)
