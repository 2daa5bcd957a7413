"""The emulator's learning in integers equals Lava's own learning engine, bit for bit, on random rules.

Lava's process models run without Lava's runtime (`chip_rules.oracle`). NEUROSIM_FUZZ=5 multiplies the number of rules by 5.
"""

import os

import numpy as np
import pytest

from neurosim.backends.emulator import Session
from tests.conformance.chip_rules import chip_case, oracle
from tests.conformance.lava_children import needs_lava

FUZZ = int(os.environ.get("NEUROSIM_FUZZ", "1"))
BATCH, STEPS = 20, 200
SYNAPTIC = {"w": "w", "t": "tag", "d": "aux"}

pytestmark = pytest.mark.slow


def watched(rule):
    """Name at Lava's connection -> name here; within an epoch Lava's traces hold something else than at its end."""
    traces = {name: name for name in rule.traces} if rule.epoch == 1 else {}
    return SYNAPTIC | traces


def check(case, seed, expected):
    """Go through the steps one by one; the message says what parts first."""
    session = Session(case.program)
    for k in range(STEPS):
        given = {name: raster[0, k : k + 1] for name, raster in case.inputs.items()}
        signals = {name: values[0][k : k + 1] for name, values in case.signals.items()}
        found = session.run(1, inputs=given, signals=signals)
        assert np.array_equal(found.raster("post")[0][0], expected["post.spike"][k]), f"rule {seed}, step {k}: spikes"
        for chip, name in watched(case.rule).items():
            got, wanted = session.variable("plastic", name), expected[f"plastic.{chip}"][k]
            where = np.argwhere(got != wanted)
            assert not len(where), (
                f"rule {seed}, step {k}, {name}{list(where[0])}: found {got[tuple(where[0])]}, Lava {wanted[tuple(where[0])]}; "
                f"{len(where)} differ. {case.rule}"
            )


@needs_lava
@pytest.mark.parametrize("batch", range(3 * FUZZ))
def test_emulator_equals_lava_learning(batch, tmp_path):
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    cases = [chip_case(seed, STEPS) for seed in seeds]
    for case, seed, expected in zip(cases, seeds, oracle(cases, STEPS, tmp_path), strict=True):
        check(case, seed, expected)


def test_random_rules_reach_the_corners():
    """Most rules move most weights; all kinds of rules are drawn."""
    cases = [chip_case(seed, STEPS) for seed in range(3 * BATCH)]
    assert {case.rule.epoch for case in cases} == {1, 2, 4}
    assert {p.gate for case in cases for p in case.rule.products} == {"x0", "y0", "u"}
    assert {len(p.factors) for case in cases for p in case.rule.products} == {0, 1, 2, 3, 4}
    assert 10 < sum(case.rule.three_factor for case in cases) < 50
    moved = 0
    for case in cases:
        session = Session(case.program)
        signals = {name: values[0] for name, values in case.signals.items()}
        session.run(STEPS, inputs={name: raster[0] for name, raster in case.inputs.items()}, signals=signals)
        moved += (session.weights("plastic") != case.program.projections[0].stored_weights).mean() > 0.5
    assert moved > 40
