"""The code in the documentation runs as it stands, page by page, in an empty folder."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from neurosim.backends.lava.interpreter import LAVA_VERSION, lava_python

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.S)
"""Code, and what it prints where the page shows that in a block of text right after it."""
WITH_CODE = [p for p in PAGES if "```python" in p.read_text()]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_code_of_the_page_runs(page: Path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block, shown in BLOCKS.findall(page.read_text()):
        if "run_lava(" in block and lava_python().version != LAVA_VERSION:
            continue
        capsys.readouterr()
        exec(compile(block, str(page), "exec"), namespace)
        printed = capsys.readouterr().out
        assert not re.search(r"<[\w.]+ object at 0x", printed), f"{page.name} prints an object without text: {printed}"
        said = re.findall(r"^print.*\)\s+# (\[.+)$", block, re.M)
        assert not said or printed.split("\n")[-1 - len(said) : -1] == said, f"{page.name}: {block} prints {printed!r}"
        assert not shown or printed.strip() == shown.strip(), f"{page.name}: {block} prints {printed!r}"
        assert bool(printed.strip()) == bool(re.search(r"\bprint\(", block)), f"{page.name}: {block} prints {printed!r}"


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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_files_exist(page: Path):
    generated = {"cli.md", "gallery/index.md"}
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target and not target.endswith(tuple(generated)) and "reference/" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
