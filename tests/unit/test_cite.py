"""What to cite: each paper that neurosim names has an entry, and names, networks and recordings lead to their papers."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import neurosim
from neurosim import neurons
from neurosim.citing import cite
from neurosim.citing.bibtex import entries, parsed
from neurosim.citing.cite import identifiers
from neurosim.citing.names import DATA, PROGRAMS
from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import read_source
from neurosim.data import dataset_names
from neurosim.errors import ContentError, DataError, UsageError
from neurosim.models.cards import describe_models
from neurosim.plasticity.catalogue import RULES
from neurosim.rate import ALGORITHMS
from neurosim.units import Hz, ms, mV

ROOT = Path(__file__).parents[2]
SONG = "10.1038/78829"


def everything_named():
    """Texts of docstrings and files in which papers are named."""
    files = [*(ROOT / "neurosim").rglob("*.py"), *(ROOT / "models").glob("*.py"), *(ROOT / "hardware_targets").glob("*.toml")]
    files += (ROOT / "experiments").rglob("*.py")
    # The strings of a program may be in several pieces.
    return {path: path.read_text(encoding="utf-8") for path in files}


def test_every_number_that_is_named_has_an_entry():
    assert len(entries()) > 100
    numbers = [f"{e.fields.get('doi', '')} arXiv:{e.fields.get('eprint')}" for e in entries().values()]
    known = {i for text in numbers for i in identifiers(text)}
    missing = {i: path.name for path, text in everything_named().items() for i in identifiers(text) - known}
    ours = {"10.1/x", "10.1234/abc"}
    assert not set(missing) - ours, missing


@pytest.mark.parametrize("name", RULES)
def test_every_rule_leads_to_its_paper(name):
    assert len(cite(name).keys) > 1 and not cite(name).missing
    rule = RULES[name].factory
    needs = [p for p in inspect.signature(rule).parameters.values() if p.default is p.empty]
    if not needs:
        assert set(cite(rule()).keys) <= set(cite(name).keys)


@pytest.mark.parametrize("name", [n for n in neurons.__all__ if getattr(getattr(neurons, n), "paper", "")])
def test_every_neuron_with_a_paper_leads_to_it(name):
    assert len(cite(name).keys) > 1 and not cite(name).missing


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_leads_to_its_paper(name):
    assert len(cite(name).keys) > 1 and not cite(name).missing


def test_every_model_study_and_chip_can_be_cited():
    for card in describe_models():
        found = cite(card.name)
        assert not found.missing and (len(found.keys) > 1 or not identifiers(card.paper)), card.name
    for name in list_content("experiments"):
        assert not cite(name).missing
        if identifiers(read_source(content_path("experiments", name))):
            assert len(cite(name).keys) > 1, name
    assert {"davies2018", "davies2021"} <= set(cite("loihi1").keys)
    assert set(DATA) == set(dataset_names())
    assert all(len(cite(name).keys) == (1 if name == "neurosim" else 2) for name in (*DATA, *PROGRAMS))


def test_a_study_leads_to_its_model_data_and_programs():
    found = set(cite("reward_digits").keys)
    assert {"izhikevich2007", "uci-digits", "florian2007"} <= found
    assert "stimberg2019" in cite("brian2_examples").keys and "song2000" in cite("song_abbott").keys


def network():
    populations = [
        neurosim.Population("in", 2, neurosim.PoissonInput(10 * Hz)),
        neurosim.Population("out", 2, neurosim.AdaptiveLIF(tau_m=20 * ms, v_th=10 * mV, tau_theta=50 * ms, theta_jump=1 * mV)),
    ]
    stp = neurosim.ShortTermPlasticity(U=0.5, tau_d=100 * ms)
    return neurosim.Network("n", populations, [neurosim.Projection("in", "out", neurosim.AllToAll(1 * mV), short_term=stp)])


def test_a_network_and_its_recording_lead_to_papers_and_programs():
    assert {"bellec2018", "tsodyks1998", "neurosim"} <= set(cite(network()).keys)
    recording = neurosim.simulate(network(), 5 * ms)
    assert cite(recording).keys == ("neurosim", "stimberg2019")
    assert cite(neurosim.emulate_network(network(), 5 * ms)).keys == ("neurosim",)
    assert "hebb1949" in cite("hebb").keys and "widrow1960" in cite("delta").keys


def test_what_is_printed_is_bibtex():
    found = cite("pair_stdp", "mnist", "loihi2")
    again = parsed(str(found), "printed")
    assert tuple(again) == found.keys and again["song2000"].fields == entries()["song2000"].fields
    assert again["song2000"].fields["doi"] == SONG and len(repr(found)) < 100
    rule = neurosim.plasticity.PlasticityRule("r", traces={}, on_post={"w": "0.1"}, paper="Nobody 2020, doi:10.9999/none.")
    assert cite(rule).missing == ("10.9999/none",) and "10.9999/none has no entry" in str(cite(rule))


def test_unknown_names_are_refused():
    with pytest.raises(ContentError, match="Unknown name to cite 'pair_stpd'.*Did you mean 'pair_stdp'"):
        cite("pair_stpd")
    with pytest.raises(UsageError, match="cite: found 3; expected a network"):
        cite(3)


GOOD = "@misc{a, author = {A, B.}, title = {T {x}}, year = {2000}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "\n" + GOOD, "line 2, a: repeats another entry"),
        ("@misc{a, author = {A}, title = {T}}", "has no year"),
        ("@misc{a, author = {A}, title = {T}, year = {20}}", "has a wrong year"),
        ("@misc{a, author = {A}, title = {T}, year = {2000}, colour = {red}}", "has the unknown colour"),
        ("@thesis{a, author = {A}}", "its kind is thesis"),
        ("@misc{a, author = {A}, author = {B}, title = {T}, year = {2000}}", "author occurs twice"),
        ("@misc{a, author = {A}, title = {T, year = {2000}", "a brace is not closed"),
        ("@misc{a, author = \"A\"}", "expected a field such as"),
        ("@misc{a, author = {A} title = {T}}", "expected a comma or a closing brace"),
        ("text", "line 1: found 'text'; expected an entry"),
    ],
)
def test_the_reader_is_strict(text, words):
    assert parsed("% a comment\n" + GOOD, "x")["a"].fields["title"] == "T {x}"
    with pytest.raises(DataError, match=words):
        parsed(text, "x")


def test_numbers_are_found_in_texts():
    text = "see doi:10.1016/S0893-6080(01)00078-8. And (doi:10.1038/78829), arXiv:1803.09574; doi:10.48550/arXiv.2201.11665."
    assert identifiers(text) == {"10.1016/s0893-6080(01)00078-8", "10.1038/78829", "arxiv:1803.09574", "arxiv:2201.11665"}


def test_the_command_prints_bibtex():
    def run(*words):
        done = [sys.executable, "-m", "neurosim", "cite", *words]
        return subprocess.run(done, capture_output=True, text=True, check=True).stdout

    found = parsed(run("diehl_cook", "digits"), "printed")
    assert {"diehl2015", "uci-digits", "neurosim"} <= set(found)
    assert all(len(line) < 400 for line in run("pair_stdp").splitlines())
    assert {e["key"] for e in json.loads(run("diehl_cook", "digits", "--json"))["entries"]} == set(found)
