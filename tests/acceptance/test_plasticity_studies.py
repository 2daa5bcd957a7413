"""The plasticity studies at CI size: each finds what its paper says, and the checks can fail."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from neurosim.study.judgement import judge
from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.source import load_study

pytestmark = pytest.mark.slow

STUDIES = (
    "stdp_window",
    "triplet_frequency",
    "song_abbott",
    "vogels_inhibitory",
    "oja_pca",
    "reward_conditioning",
    "burst_steering",
)


@pytest.fixture(scope="module", params=STUDIES)
def results(request, tmp_path_factory):
    """Results of a study at CI size."""
    folder = tmp_path_factory.mktemp(request.param)
    version = run_study(load_study(request.param), folder, size="ci", progress=False)
    return read_results(folder, version)


def test_claim_holds(results):
    assert not results.failures
    results.source.study.check(results.table)
    assert judge(results).text.startswith("As expected")


def test_figure_and_answer_are_made(results):
    study = results.source.study
    assert study.figure(results.table).axes
    assert study.answer(results.table)


def test_check_notices_a_wrong_result(results):
    """Measures that say nothing (their own mean over all trials, far off) do not pass."""
    table = results.table
    flat = {name: 1000 + np.mean(table.values(name)) for name in table.measures}
    wrong = dataclasses.replace(table, rows=tuple(dataclasses.replace(row, measures=flat) for row in table.rows))
    with pytest.raises(ValueError):
        results.source.study.check(wrong)
