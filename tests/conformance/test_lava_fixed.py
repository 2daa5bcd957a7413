"""The emulator's `fixed` and Lava's `fixed_pt` agree on every u, v, theta and spike of random networks.

Most networks run on Lava's own process models without Lava's runtime (`lava_inline`), some through the exported graph as a user
runs it. NEUROSIM_FUZZ=5 multiplies the number of networks by 5.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from neurosim.backends.emulator import emulate
from neurosim.backends.lava.runner import run_lava
from tests.conformance import reference
from tests.conformance.lava_children import STEPS, TIMEOUT, inline, joined, needs_lava
from tests.conformance.random_programs import fixed_program, inputs, is_extreme, prefixed, states, union
from tests.steps import LIFS, is_a

FUZZ = int(os.environ.get("NEUROSIM_FUZZ", "1"))
BATCH = 40
RUN_BATCH = 6

pytestmark = pytest.mark.slow


def drawn(first, count):
    programs = [fixed_program(seed) for seed in range(first, first + count)]
    return programs, [inputs(p, first + k, 1, STEPS) for k, p in enumerate(programs)]


def plain(first, count):
    """Those of which the reference knows all neurons."""
    pairs = [(p, g) for p, g in zip(*drawn(first, 4 * count), strict=True) if all(is_known(q.neuron) for q in p.populations)]
    assert len(pairs) >= count
    return zip(*pairs[:count], strict=True)


def is_known(neuron):
    return neuron.is_source or is_a(neuron, *LIFS)


def neurons(program):
    return [p.name for p in program.populations if not p.neuron.is_source]


def where(program, name, expected, found):
    """A message that says where two arrays (steps, n) part."""
    steps, n = np.argwhere(expected != found)[0]
    kind = program.population(name.split(".")[0]).neuron.step.name
    return f"{program.name}: {name} ({kind}), step {steps}, neuron {n}: expected {expected[steps, n]}, found {found[steps, n]}"


def check(program, given, expected, prefix):
    """Compare the emulator with `expected`, "<prefixed population>.<variable>" -> (steps, n)."""
    found = emulate(program, STEPS, inputs=given, probes=states(program), arithmetic="fixed")
    values = {f"{name}.{state}": found.states[name, state][0] for name, state in states(program)}
    values |= {f"{name}.spike": found.raster(name)[0] != 0 for name in neurons(program)}
    for name, value in values.items():
        wanted = expected[prefixed(prefix, name)]
        assert np.array_equal(wanted, value), where(program, name, wanted, value)


@needs_lava
@pytest.mark.parametrize("batch", range(5 * FUZZ))
def test_emulator_equals_lava_models(batch, tmp_path):
    programs, given = drawn(batch * BATCH, BATCH)
    expected = inline(programs, given, tmp_path)
    for k, program in enumerate(programs):
        check(program, given[k], expected, k)


@needs_lava
@pytest.mark.parametrize("batch", range(5 * FUZZ))
def test_emulator_equals_lava_run(batch):
    programs, given = drawn(10_000 + batch * RUN_BATCH, RUN_BATCH)
    both = union(programs)
    run = run_lava(both, STEPS, inputs=joined(given), probes=states(both), timeout=TIMEOUT)
    expected = {f"{name}.{state}": run.states[name, state][0] for name, state in states(both)}
    expected |= {f"{name}.spike": run.raster(name)[0] != 0 for name in neurons(both)}
    for k, program in enumerate(programs):
        check(program, given[k], expected, k)


def test_emulator_equals_reference():
    """Without Lava, for lanes that cannot have it; the reference is held against Lava's models through the emulator."""
    programs, given = plain(0, 100)
    for k, program in enumerate(programs):
        spikes, values = reference.run(program, {name: r[0].astype(np.int64) for name, r in given[k].items()}, STEPS)
        expected = {f"{name}.{state}": values[name, state] for name, state in states(program)}
        expected |= {f"{name}.spike": spikes[name] for name in neurons(program)}
        check(program, given[k], {prefixed(0, key): value for key, value in expected.items()}, 0)


def test_every_overflow_is_counted():
    """Populations that the bounds leave uncounted have none; the others count what the reference finds."""
    programs, given = plain(0, 100)
    for k, program in enumerate(programs):
        found = emulate(program, STEPS, inputs=given[k], arithmetic="fixed").info["overflows"]
        *_, wanted = reference.counted(program, {name: r[0].astype(np.int64) for name, r in given[k].items()}, STEPS)
        counts = {name: found.get(name, {}) for name in wanted}
        got = {name: (c.get("current_wraps", 0), c.get("voltage_saturations", 0)) for name, c in counts.items()}
        assert got == wanted, program.name


def test_random_networks_reach_the_corners(monkeypatch):
    """A good share wraps u and saturates v, and few are silent; extreme ones exceed Lava's 32 bits, and no others do."""
    before_wrap, wrap = [], reference.wrap
    monkeypatch.setattr(reference, "wrap", lambda u: before_wrap.append(np.abs(u).max()) or wrap(u))
    wrapped = saturated = silent = total = exceeding = 0
    programs, given = plain(0, 100)
    for k, program in enumerate(programs):
        before_wrap.clear()
        sums = emulate(program, STEPS, inputs=given[k]).info["overflows"].values()
        assert is_extreme(int(program.name[5:])) or not any("sum_overflows" in counts for counts in sums)
        exceeding += any("sum_overflows" in counts for counts in sums)
        spikes, values = reference.run(program, {name: r[0].astype(np.int64) for name, r in given[k].items()}, STEPS)
        wrapped += max(before_wrap) > 2**23
        saturated += any(np.abs(value).max() == 2**23 - 1 for (_, state), value in values.items() if state == "v")
        silent += sum(not spikes[name].any() for name in neurons(program))
        total += len(neurons(program))
    assert wrapped > 30 and saturated > 30 and silent < total / 2 and exceeding > 10
