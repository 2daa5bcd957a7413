"""The code in the documentation runs as it stands, page by page, in an empty folder."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images

from neurosim.backends.lava.interpreter import LAVA_VERSION, lava_python

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [p for p in PAGES if "```python" in p.read_text()]


def without_lava(code):
    return "run_lava(" in code and lava_python().version != LAVA_VERSION


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_code_of_the_page_runs(page: Path, tmp_path, monkeypatch):
    lessons = of_the_docs("lessons", monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for cell, printed in lessons.run(page, skip=without_lava):
        block = cell.code
        assert not re.search(r"<[\w.]+ object at 0x", printed), f"{page.name} prints an object without text: {printed}"
        said = re.findall(r"^print.*\)\s+# (\[.+)$", block, re.M)
        assert not said or printed.split("\n")[-1 - len(said) : -1] == said, f"{page.name}: {block} prints {printed!r}"
        assert cell.output is None or lessons.tidy(printed) == cell.output, f"{page.name}: run 'make lessons'"
        expected = bool(re.search(r"\bprint\(", block)) and not lessons.FILE.match(block)
        assert cell.kind != "python" or bool(printed.strip()) == expected, f"{page.name}: {block} prints {printed!r}"
    if page in lessons.pages():
        for name in lessons.pictures(page.read_text()):
            different = compare_images(str(page.parent / name), str(tmp_path / name), tol=8)
            assert different is None, f"{page.name}: run 'make lessons', and look at {name}: {different}"


def test_another_output_of_a_page_is_found(tmp_path, monkeypatch, capsys):
    lessons = of_the_docs("lessons", monkeypatch)
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\n```console\n$ echo two\n```\n")
    (sum_, printed), (echo, two) = lessons.run(page)
    assert (sum_.output, printed, echo.output, two) == ("3\n", "2\n", None, "two\n")
    with pytest.raises(SystemExit, match="The page says instead:\n3"):
        lessons.check(sum_, printed)
    assert "```text\n2\n```\n\n```console" in lessons.with_outputs(page.read_text(), [printed, two])


def test_a_tutorial_runs_as_a_notebook(tmp_path, monkeypatch):
    """In a real kernel, with the outputs and pictures that the page shows."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    lessons = of_the_docs("lessons", monkeypatch)
    page = ROOT / "docs" / "tutorials" / "own_rule.md"
    book = nbformat.reads(lessons.notebook(page), as_version=4)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in done.cells if cell.cell_type == "code"]
    streams = ["".join(out.text for out in found if out.get("name") == "stdout") for found in outputs]
    assert [text for text in streams if text] == [cell.output for cell in lessons.cells(page.read_text()) if cell.output]
    drawn = [out for found in outputs for out in found if "image/png" in out.get("data", {})]
    assert len(drawn) == len(lessons.pictures(page.read_text())) == 1


def test_every_notebook_is_valid(monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    lessons = of_the_docs("lessons", monkeypatch)
    for page in lessons.pages():
        book = nbformat.reads(lessons.notebook(page), as_version=4)
        nbformat.validate(book)
        sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
        assert len(sources) == len(lessons.cells(page.read_text())) + len(lessons.pictures(page.read_text()))
        assert not any("](" in cell.source and ".md" in cell.source for cell in book.cells if cell.cell_type == "markdown")


def of_the_docs(name, monkeypatch):
    """A module of the folder of the docs."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)  # where a dataclass looks
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec.loader.exec_module(module)
    return module


def test_stale_pictures_are_named(tmp_path, monkeypatch):
    pictures = of_the_docs("pictures", monkeypatch)
    monkeypatch.setattr(pictures, "KEPT", tmp_path / "pictures.json")
    now = pictures.stale(pictures.Project())
    assert {"gallery/time_steps", "rules", "support"} < now.keys()
    pictures.KEPT.write_text(json.dumps({**now, "rules": "of other code"}))
    assert pictures.stale(pictures.Project()) == {"rules": now["rules"]}
    missing = pictures.Made(ROOT / "docs" / "support.py", print, (tmp_path / "absent.md",))
    monkeypatch.setattr(pictures, "everything", lambda: {"support": missing})
    assert pictures.stale(pictures.Project()) == {"support": now["support"]}


def test_pages_show_committed_results(monkeypatch):
    results = of_the_docs("results", monkeypatch)
    asked = "before\n\n<!-- results of desire_bits: accuracy_float, accuracy_fixed -->\n\nafter"
    page = results.with_results(asked)
    trials = json.loads((ROOT / "experiments/results/desire_bits/result.json").read_text())["trials"]
    four = [t["measures"]["accuracy_fixed"] for t in trials if t["parameters"]["bits"] == 4]
    row = next(line for line in page.splitlines() if line.startswith("| 4 |"))
    assert f"{sum(four) / len(four):.4g} ±" in row and "results/desire_bits.svg" in results.pictures()
    assert results.with_results("<!-- figure of desire_bits -->").endswith("](results/desire_bits.svg)")
    alone = results.with_results("<!-- numbers of desire_bits: accuracy_fixed -->")
    assert "| 4 |" in alone and "desire_bits.svg" not in alone
    with pytest.raises(FileNotFoundError):
        results.with_results("<!-- results of absent: accuracy -->")
    for page in PAGES:
        results.with_results(page.read_text())


def test_the_page_of_peers_shows_what_was_measured(monkeypatch):
    peers = of_the_docs("peers", monkeypatch)
    page, scripts = peers.with_tables((ROOT / "docs/peers.md").read_text()), peers.pages()
    trials = json.loads((ROOT / "experiments/results/benchmark_peers/result.json").read_text())["trials"]
    assert not re.search(r"<!-- (table|where|versions)", page) and "nest-simulator==" in page
    runs: dict[str, list[float]] = {}
    for trial in trials:
        runs.setdefault(trial["parameters"]["case"], []).append(trial["measures"]["run_s"])
    mean = {case: sum(seconds) / len(seconds) for case, seconds in runs.items()}
    assert len(mean) >= 25 and all(f"| {seconds:.3g} " in page for seconds in mean.values())
    ahead = next(line for line in page.splitlines() if line.startswith("* **CPU time of the run"))
    assert ("inference" in ahead and "BindsNET" in ahead) == (mean["inference_bindsnet"] < mean["inference_neurosim"])
    assert scripts.keys() == {f"peers/{n}.md" for n in ("balanced", "stdp", "inference", "diehl_cook")}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_files_exist(page: Path):
    generated = re.compile(r"://|^(\.\./)*(peers|reference)/|(cli|gallery/index|reproducing)\.md$")
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not generated.search(target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_gallery_shows_every_committed_figure(monkeypatch):
    committed, gallery, ports = (of_the_docs(name, monkeypatch) for name in ("committed", "gallery", "ports"))
    studies, sections = committed.studies(), committed.sections()
    pages = gallery.pages(studies, sections, ports.cards())
    drawn = [study for study in studies.values() if study.drawn]
    assert len(drawn) >= 30 and all(f"gallery/{study.name}.md" in pages for study in drawn)
    index = pages["gallery/index.md"]
    for study in drawn:
        page = pages[f"gallery/{study.name}.md"]
        assert f"../results/{study.name}.svg" in page and study.file.read_text() in page and f"]({study.name}.md)" in index
        assert study.answer in page and "could not be computed" not in study.answer
    assert all(f"../ports/{path.stem}.md" in index for path in (ROOT / "experiments/ports").glob("[a-z]*.py"))


def test_reproducing_is_what_the_committed_results_say(monkeypatch):
    committed, reproducing = of_the_docs("committed", monkeypatch), of_the_docs("reproducing", monkeypatch)
    studies = committed.studies()
    assert reproducing.FILE.read_text() == reproducing.made(studies, committed.sections()), "run 'make pictures'"
    for number in reproducing.numbers():
        page = (ROOT / number["where"]).read_text()
        assert all(text in page for text in number["shown"]), f"{number['where']} does not say {number['shown']}"
        if "study" in number:
            found = studies[number["study"]].answer
            assert all(text in found for text in number["found"]), f"{number['study']} does not find {number['found']}: {found}"
        else:
            assert (ROOT / number["results"]).exists()
