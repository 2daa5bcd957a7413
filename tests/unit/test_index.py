"""The index lists reports of any kind, and leads to them."""

import re

import pytest

from neurosim.errors import DataError
from neurosim.report import Link, Section, page, write_page
from neurosim.report.summary import read_summary
from neurosim.study.index import report_rows, write_index
from tests.acceptance.shown_objects import study_results
from tests.unit.test_report import Checker


def report(folder, title="A <demo>", answer="It works & more.\n\nReally."):
    write_page(folder / "report.html", title, answer, [Section("h1", "answer")], {}, "c")


def test_summary_is_what_the_page_was_given(tmp_path):
    report(tmp_path)
    found = read_summary(tmp_path / "report.html")
    assert (found.title, found.answer) == ("A <demo>", "It works & more. Really.")


def test_summary_of_something_else(tmp_path):
    other = tmp_path / "report.html"
    with pytest.raises(DataError, match="No such file"):
        read_summary(other)
    for content in (b"\xff\xfe\x00", b"<p>text</p>", b""):
        other.write_bytes(content)
        with pytest.raises(DataError):
            read_summary(other)


def test_other_reports_are_listed_and_a_study_is_not(tmp_path):
    report(tmp_path / "runs" / "demo")
    report(tmp_path / "toy", title="study")
    (tmp_path / "toy" / "study.db").write_text("nonsense")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "report.html").write_text("")
    rows = report_rows(tmp_path)
    assert rows[0] == ("folder", "title", "answer")
    assert [row[0] for row in rows[1:]] == ["broken", str(tmp_path.joinpath("runs", "demo").relative_to(tmp_path))]
    assert rows[2][1:] == ("A <demo>", "It works & more. Really.")
    assert rows[1][2].startswith("cannot be read: not a report of neurosim")


def test_index_leads_to_every_report(tmp_path):
    report(tmp_path / "a b#c")
    report(tmp_path / "toy")
    (tmp_path / "toy" / "study.db").write_text("nonsense")
    html = write_index(tmp_path).read_text()
    assert not Checker(html).open
    assert "Other reports" in html and "2 folders of results" in html
    assert set(re.findall(r'<td><a href="(.*?)"', html)) == {"./a%20b%23c/report.html", "./toy/report.html"}
    assert str(tmp_path) not in html


def test_index_without_other_reports(tmp_path):
    assert "Other reports" not in write_index(tmp_path).read_text()


def test_link_is_escaped():
    html = page("t", "a", [Section("s", table=[("x",), (Link("javascript:a/<b>", "<i>"),)])], {}, "c")
    assert '<a href="./javascript%3Aa/%3Cb%3E">&lt;i&gt;</a>' in html


def test_studies_have_pictures_and_can_be_chosen(tmp_path):
    for name, good in (("a", b"x"), ("b", b"")):
        (tmp_path / name).mkdir()
        study_results(tmp_path / name)
        if good:
            (tmp_path / name / "toy" / "figure.png").write_bytes(good)
    (tmp_path / "c" / "study.db").parent.mkdir()
    (tmp_path / "c" / "study.db").write_text("nonsense")
    html = write_index(tmp_path).read_text()
    assert not Checker(html).open and html.count("<img ") == 1
    assert '<a href="./a/toy/figure.png"><img src="./a/toy/figure.png" alt="figure of a/toy" loading="lazy"></a>' in html
    assert html.count('type="radio"') == 3 and "<script" not in html, "all, not checked, and empty"
    assert re.findall(r'<tr class="(c\d)">', html) == ["c1", "c1", "c2"]
    assert "#s1:has(#s1c2:checked) tbody tr:not(.c2) { display: none; }" in html


def test_a_column_with_one_value_leaves_nothing_to_choose():
    for table in ([("x",), ("a",), ("a",)], [("x",)], [("y",), ("a",), ("b",)]):
        assert "radio" not in page("t", "a", [Section("s", table=table, choose="x")], {}, "c")
    html = page("t", "a", [Section("s", table=[("x",), ("<i>",), ("b",)], choose="x")], {}, "c")
    assert "&lt;i&gt;</label>" in html and "<i>" not in html
