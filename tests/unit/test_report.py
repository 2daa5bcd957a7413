import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from neurosim.backends.deployment import deploy
from neurosim.errors import NeurosimError
from neurosim.models import load_model
from neurosim.report import Section, deployment_page, page, provenance, write_page
from neurosim.report.deployment import weights_before_after

EMPTY = {"br", "hr", "img", "input", "link", "meta", "use", "path", "image", "rect"}


class Checker(HTMLParser):
    """Collects tags, ids and references, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.references = [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name.endswith("href") or name == "src":
                self.references.append(value)
            self.references += re.findall(r"url\((.*?)\)", value or "")

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag


def figure(**style):
    made = Figure(figsize=(3, 2))
    axes = made.subplots()
    axes.plot([1, 2], [3, 4], "o-", **style)
    axes.set_title("a < b & c")
    return made


@pytest.fixture(scope="module")
def html():
    sections = [
        Section("One & two", "First.\n\nSecond <b>.", figure=figure()),
        Section(
            "Three",
            figure=figure(rasterized=True),
            table=[("name", "x", "n"), ("<i>", 0.123456789, np.int64(3)), ("b", None, 2.0)],
        ),
        Section("Four"),
    ]
    return page("A <title>", "It works.\n\nReally.", sections, {"numpy": "1 & 2"}, "neurosim demo --out <x>")


def test_page_is_whole_and_asks_for_nothing(html):
    found = Checker(html)
    assert not found.open
    assert len(set(found.ids)) == len(found.ids)
    assert not found.tags & {"script", "link", "img", "iframe"}
    for reference in found.references:
        assert reference.startswith(("#", "data:"))
        if reference.startswith("#"):
            assert reference[1:] in found.ids
    assert "http" not in html and "@import" not in html


def test_page_escapes_text(html):
    for text in ("A &lt;title&gt;", "One &amp; two", "Second &lt;b&gt;.", "&lt;i&gt;", "1 &amp; 2", "--out &lt;x&gt;"):
        assert text in html
    assert "<i>" not in html and "<b>" not in html


def test_page_holds_figures_tables_and_both_schemes(html):
    assert html.count("<svg") == 2 and html.count("<section") == 3
    for text in ("0.123457", ">3<", ">2<", 'class="number"', "prefers-color-scheme: dark", "@media print", "<p>Really.</p>"):
        assert text in html


def test_figure_keeps_its_text_as_outlines(html):
    assert "<text" not in html


def test_page_is_the_same_twice():
    made = [page("t", "a", [Section("s", figure=figure())], {}, "c") for _ in range(2)]
    assert made[0] == made[1]


def test_write_page(tmp_path):
    write_page(tmp_path / "new" / "report.html", "t", "µ", [], {}, "c")
    assert "µ" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    with pytest.raises(NeurosimError, match="could not be written"):
        write_page(tmp_path, "t", "a", [], {}, "c")


def test_provenance_has_versions_but_no_place():
    found = provenance()
    assert {"neurosim", "python", "numpy", "brian2", "date"} <= set(found)
    assert not [value for value in found.values() if "/" in str(value) and "proc" not in str(value)]


@pytest.fixture(scope="module")
def deployment():
    return deploy(load_model("feedforward"))


def test_deployment_page(deployment):
    html = deployment_page(deployment, "neurosim deploy feedforward")
    assert re.search(r"Sources: .*NL: nengo-loihi .*TB: Intel, Loihi 2 technology brief", html) and "ON: open" not in html
    Checker(html)
    for loss in deployment.report.losses:
        assert loss.text in html and loss.where in html
    for check in deployment.report.checks:
        assert check.name in html
    for text in (
        "feedforward on Intel Loihi 2",
        "all 4 checked limits hold",
        "accumulator_bits",
        "neurosim deploy feedforward",
    ):
        assert text in html


def test_weights_before_and_after_are_in_the_same_unit(deployment):
    for projection in deployment.program.projections:
        before, after = weights_before_after(deployment, projection)
        described = deployment.network.weights(deployment.network.projection(projection.name))
        np.testing.assert_allclose(before, described, rtol=1e-12)
        assert np.abs(before - after).max() < np.abs(before).max() / 100
        assert np.any(before != after)
