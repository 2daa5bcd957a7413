"""How objects show themselves: in one short line, and in a notebook as HTML that is valid and escaped."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass, replace

import numpy as np
import pytest
from scipy import sparse

import neurosim
from neurosim.cards.card import rule_card
from neurosim.display.html import MOST, block, paragraph, table
from neurosim.display.short import LONGEST, Short
from neurosim.plasticity import PlasticityRule, pre
from neurosim.results.run_data import Spikes
from neurosim.terminal.tables import TextTable
from neurosim.units import ms
from tests.acceptance.constructors import BASES
from tests.acceptance.shown_objects import learning, made
from tests.acceptance.strict_html import checked_text
from tests.acceptance.test_docs import of_the_docs
from tests.acceptance.test_reference import resolved

MOST_LETTERS = 500
SCRIPT = "<script>alert('x') & \u202e$x$"
PLAIN = {"Execution"}
"""Data classes of few words, or bases."""


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    return made(tmp_path_factory.mktemp("study"))


@pytest.mark.parametrize("name", BASES)
def test_what_is_constructed_is_shown_shortly(name):
    base = BASES[name]
    each = base.make(**base.given)
    for one in each if isinstance(each, list) else [each]:
        assert 0 < len(repr(one)) < MOST_LETTERS and "\n" not in repr(one) and " object at 0x" not in repr(one)


def test_what_is_returned_is_shown_shortly(objects):
    lengths = {name: len(repr(one)) for name, one in objects.items()}
    assert max(lengths.values()) < MOST_LETTERS, lengths
    assert not [name for name, one in objects.items() if " object at 0x" in repr(one) or "\n" in repr(one)]


def test_every_public_data_class_has_a_short_text(monkeypatch):
    reference = of_the_docs("reference", monkeypatch)
    named = {n.rsplit(".", 1)[1]: resolved(n) for page in reference.PAGES.values() for n in reference.names_of(page)}
    classes = {name: kind for name, kind in named.items() if inspect.isclass(kind) and is_dataclass(kind)}
    assert len(classes) > 100
    assert not [name for name, kind in classes.items() if not issubclass(kind, Short) and name not in PLAIN]


@pytest.mark.parametrize(
    "big",
    [
        lambda: neurosim.SpikeArray(list(range(5000)), np.arange(5000) * ms),
        lambda: neurosim.FromList(0.5, list(range(3000)), list(range(3000))),
        lambda: neurosim.Projection("a" * 2000, "b", np.ones((300, 300))),
        lambda: neurosim.Sparse(sparse.eye_array(10000), 1),
        lambda: neurosim.Network("n" * 120, [neurosim.Population(f"p{k}" * 40, 1, neurosim.Izhikevich()) for k in range(200)]),
        lambda: neurosim.EquationNeuron(
            model="dv/dt = (I - v)/(10*ms) : 1 # " + "x" * 3000, threshold="v > 1", reset="v = 0", parameters={"I": 0.5},
            receptors={"default": "v"}, weight_unit="1",
        ),
        lambda: PlasticityRule("r" * 200, traces={"x": pre(20 * ms)}, on_post={"w": "+".join(["0.01*x"] * 90)}),
    ],
)
def test_large_things_are_shown_shortly(big):
    assert len(repr(big())) < MOST_LETTERS


def test_a_text_names_what_differs_from_the_defaults():
    assert repr(neurosim.LIF(tau_m=20 * ms, v_th=1.0)) == "LIF(tau_m=20. ms, v_th=1.0)"
    assert repr(neurosim.AllToAll(0.5)) == "AllToAll(weight=0.5)"
    assert repr(learning()) == "<Network 'small': noise 20, cells 5; 2 projections, 2 probes; dt 1 ms, seed 0>"
    assert LONGEST < MOST_LETTERS


def test_recordings_say_what_they_contain(objects):
    text = repr(objects["recording"])
    count = len(objects["recording"].spikes["noise"])
    assert text.startswith("<Recording of 'small' on emulator: 100 ms in 100 steps; spikes noise")
    assert f"noise {count}, cells" in text and "states cells.v" in text and "weights noise_cells" in text


HTML = "network deployment recording running fit unfit comparison placement price card results".split()


@pytest.mark.parametrize("name", HTML)
def test_html_is_valid(objects, name):
    words = checked_text(objects[name]._repr_html_())
    assert words.strip()


def test_html_shows_the_numbers(objects):
    recording, shown = objects["recording"], checked_text(objects["recording"]._repr_html_())
    assert str(len(recording.spikes["cells"])) in shown and "volt" in shown
    network = checked_text(objects["network"]._repr_html_())
    assert "pair_stdp" in network and "2 ms" in network and "100" in network
    results = checked_text(objects["results"]._repr_html_())
    assert "Is <b>it</b> & all?" in results and "<i>" in results and "1.25" in results


def test_text_of_users_is_never_html(objects):
    network = learning(SCRIPT[:-4] + "y")
    rule = PlasticityRule(SCRIPT[:-4] + "y", traces={"x": pre(20 * ms)}, on_post={"w": "0.01*x"}, paper=SCRIPT, equation=SCRIPT)
    none = np.zeros(0, np.int32)
    recording = neurosim.Recording(
        1e-3, 10, 1, {SCRIPT: 1}, {SCRIPT: Spikes(none, none, none, none)}, {(SCRIPT, SCRIPT): np.zeros((1, 10, 1))},
        info={"network": SCRIPT, "engine": SCRIPT, "units": {f"{SCRIPT}.{SCRIPT}": SCRIPT}},
    )  # fmt: skip
    deployment = objects["deployment"]
    loss = replace(deployment.report.losses[0], text=SCRIPT, where=SCRIPT, field=SCRIPT)
    nasty = [
        network, recording, rule_card(rule), neurosim.compare(recording, recording),
        replace(deployment, report=replace(deployment.report, losses=(loss,))),
    ]  # fmt: skip
    for one in nasty:
        assert "<script>" in checked_text(one._repr_html_())
        assert "\u202e" not in one._repr_html_()


def test_nothing_is_placed_for_a_text(objects):
    fresh = neurosim.deploy(objects["network"])
    repr(fresh), fresh._repr_html_()
    assert "fit" not in fresh.__dict__ and "needs" not in fresh.__dict__


def test_long_tables_are_cut():
    rows = [(k, f"<{k}>") for k in range(100)]
    shown = checked_text(table(("a", "b"), rows, caption="c"))
    assert f"and {100 - MOST} more" in shown and "<19>" in shown and "<20>" not in shown
    assert table(("a",), []) == "" and paragraph("") == ""
    assert checked_text(block("t", paragraph("a\nb"))) == "tab"


def test_tables_of_text_are_html_in_a_notebook():
    made = TextTable("title [bold]")
    made.add_column("a")
    made.add_column("b <i>", justify="right")
    made.add_row("[red]x", "1")
    bundle = made._repr_mimebundle_()
    assert checked_text(bundle["text/html"]) == "title [bold]ab <i>[red]x1" and bundle["text/plain"] == str(made)


@pytest.mark.parametrize(
    "wrong", ["<p>a", "<b>a</b>", "<thead><tr></tr></thead>", "<p onclick='x'>a</p>", "<p>a &foo; b</p>", "a", "<p>a > b</p>"],
)
def test_the_check_of_html_sees_what_is_wrong(wrong):
    with pytest.raises(AssertionError):
        checked_text(wrong)
