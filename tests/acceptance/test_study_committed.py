"""Results that are committed can be made again, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurosim.study.reproduce import reproduce

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
SMALL = sorted(EXPERIMENTS.glob("results/*/ci.json"))
FULL = sorted(path for path in EXPERIMENTS.glob("results/*/result.json") if "format" in json.loads(path.read_text()))


@pytest.mark.slow
@pytest.mark.parametrize("path", SMALL, ids=lambda p: p.parent.name)
def test_small_results_are_equal(path):
    verdict = reproduce(path)
    assert verdict.equal, verdict.difference


@pytest.mark.parametrize("path", SMALL + FULL, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_results_are_those_of_the_present_study(path):
    stored = json.loads(path.read_text())
    assert stored["source"] == (EXPERIMENTS / stored["file"]).read_text()
