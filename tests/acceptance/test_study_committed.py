"""Results that are committed can be made again, bit for bit, and are what their studies claim."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from neurosim.files.json_file import read_json
from neurosim.reproduce import reproduce
from neurosim.study import workers
from neurosim.study.execute import execute
from neurosim.study.source import study_of
from neurosim.study.table import Row, Table
from tests.reproductions import ALL, COMMAND, PROPERTY, kept_digests, makers, study_digest
from tests.touched import touched
from tests.unchanged import ROOT, Project

EXPERIMENTS = ROOT / "experiments"
HOMES = [ROOT / folder for folder in ("neurosim", "models", "hardware_targets", "experiments/ports", "experiments/peers")]
SMALL = sorted(EXPERIMENTS.glob("results/*/ci.json"))
FULL = sorted(path for path in EXPERIMENTS.glob("results/*/result.json") if "format" in json.loads(path.read_text()))


def name(path):
    return path.parent.name


def named(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.fixture(scope="session")
def project():
    return Project()


@pytest.mark.slow
@pytest.mark.parametrize("path", SMALL, ids=name)
def test_small_results_are_equal(path, project, request, record_property, monkeypatch):
    """The reproduction also checks that the digest of the study covers every file that a trial uses."""
    digest = study_digest(path, project)
    record_property(PROPERTY, (name(path), digest))
    if kept_digests().get(name(path)) == digest and not request.config.getoption(ALL):
        pytest.skip(f"unchanged since its last reproduction; {COMMAND} reproduces every study")
    used = set()

    def watched(task):
        with touched(*HOMES) as files:
            outcome = execute(task)
        used.update(files)
        return outcome

    monkeypatch.setattr(workers, "execute", watched)
    verdict = reproduce(path)
    assert verdict.equal, verdict.difference
    left_out = used - project.reached(*makers(path, project))
    assert used and not left_out, "a trial uses files that the digest of the study does not cover"


@pytest.mark.parametrize("path", SMALL + FULL, ids=named)
def test_results_are_those_of_the_present_study(path):
    stored = read_json(path)  # which also compares the checksum
    assert stored["source"] == (EXPERIMENTS / stored["file"]).read_text()


def committed(path):
    """The study as it was, and its table."""
    stored = json.loads(path.read_text())
    study = study_of(stored["file"], stored["source"]).study
    rows = tuple(Row(t["parameters"], t["seed"], t["measures"], t["data"], t["seconds"], "") for t in stored["trials"])
    return study, Table(tuple(study.parameters.names), tuple(study.measures), rows)


@pytest.mark.parametrize("path", SMALL + FULL, ids=named)
def test_claims_hold_and_figures_are_made(path):
    study, table = committed(path)
    if study.check is not None:
        study.check(table)
    assert study.figure is None or study.figure(table).axes
    assert study.answer is None or study.answer(table)


@pytest.mark.parametrize("path", [path for path in FULL if committed(path)[0].check], ids=named)
def test_checks_notice_a_wrong_result(path):
    """Measures that say nothing, all of them the same large or small number, do not pass both."""
    study, table = committed(path)
    with pytest.raises((ValueError, LookupError)):
        for number in (1000.0, -1000.0):
            rows = tuple(replace(row, measures=dict.fromkeys(table.measures, number)) for row in table.rows)
            study.check(replace(table, rows=rows))
