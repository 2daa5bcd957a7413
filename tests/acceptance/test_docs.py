"""The code in the documentation runs as it stands, page by page, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_CODE = [p for p in PAGES if "```python" in p.read_text()]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda p: p.stem)
def test_code_of_the_page_runs(page: Path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S):
        exec(compile(block, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_links_between_files_exist(page: Path):
    generated = {"support.md", "cli.md", "gallery/index.md"}
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target and target not in generated:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
