"""Ports of Brian2's examples: all of them are compared by the study, and shown by the docs with what was measured."""

from __future__ import annotations

import importlib.util
import json

import pytest

from neurosim.content.catalogue import content_path, list_content
from neurosim.study.source import load_study
from tests.unchanged import ROOT, Project

STUDY = "brian2_examples"


def of_the_docs():
    spec = importlib.util.spec_from_file_location("ports", ROOT / "docs" / "ports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(size):
    return [case.split(" / ", 2) for case in load_study(STUDY).study.design(size).plan.values["case"]]


def test_the_study_compares_every_port():
    assert {name for name, _, _ in cases("full")} == set(list_content("ports"))
    assert len(list_content("ports")) >= 18


def test_the_digest_of_the_study_covers_every_port():
    reached = Project().reached(content_path("experiments", STUDY))
    assert {content_path("ports", name) for name in list_content("ports")} <= reached


@pytest.mark.parametrize("name", list_content("ports"))
def test_a_port_names_its_paper_and_has_a_page(name):
    page = of_the_docs().pages()[f"ports/{name}.md"]
    assert any(f"({year})" in page for year in range(1900, 2030))
    assert "def by_hand(network, duration, inputs):" in page and "def described(small):" in page


def test_the_table_shows_the_committed_numbers():
    table = of_the_docs().table()
    trials = json.loads((ROOT / f"experiments/results/{STUDY}/result.json").read_text())["trials"]
    assert {t["parameters"]["case"] for t in trials} == {" / ".join(case) for case in cases("full")}
    for trial in trials:
        name, _, number = trial["parameters"]["case"].split(" / ", 2)
        assert f"(ports/{name}.md)" in table
        assert f"| {number} | {trial['measures']['by_hand']:.4g} |" in table
