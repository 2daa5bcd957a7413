"""Runs pages that teach: their code in order, with the output that a page shows, their pictures, and a notebook of each.

In such a page, a block ``python`` is run, a block ``console`` holds commands after ``$``, and a block ``text`` that
follows one of them is what it prints. A block that begins with ``# file: NAME`` is written to that file instead. A
picture that the page shows is saved by its code under the same name. ``python docs/lessons.py PAGE`` runs a page in the
current folder and fails if it prints something else than the page says; with ``--write`` the outputs and pictures of
the page are replaced.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CELL = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
FILE = re.compile(r"# file: (\S+)\n")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([\w-]+\.png)\)(?:\{[^}]*\})?\n?")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)[^)]*\)")


@dataclass(frozen=True)
class Cell:
    """A block of code of a page.

    Attributes
    ----------
    kind : str
        "python" or "console".
    code : str
        Its text.
    output : str or None
        What it prints according to the page; None if the page does not show it.
    """

    kind: str
    code: str
    output: str | None


def pages() -> list[Path]:
    """The pages that teach, in the order of the site."""
    found = [HERE / "tour.md", *sorted((HERE / "tutorials").glob("*.md")), *sorted((HERE / "howto").glob("*.md"))]
    return [page for page in found if page.stem != "index"]


def cells(markdown: str) -> list[Cell]:
    """The blocks of code of a page."""
    return [Cell(*found.groups()) for found in CELL.finditer(markdown)]


def pictures(markdown: str) -> list[str]:
    """Names of the pictures that the page shows and its code draws."""
    return [found[2] for found in PICTURE.finditer(markdown)]


def run(page: Path, skip: Callable[[str], bool] = lambda code: False) -> Iterator[tuple[Cell, str]]:
    """Run the blocks of a page in the current folder, and give each with what it printed."""
    namespace: dict[str, Any] = {}
    for cell in cells(page.read_text()):
        if not skip(cell.code):
            yield cell, _RUN[cell.kind](cell.code, str(page), namespace)


def _python(code: str, page: str, namespace: dict[str, Any]) -> str:
    named = FILE.match(code)
    if named:
        Path(named[1]).write_text(code[named.end() :])
        return ""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), namespace)
    return printed.getvalue()


def _console(code: str, page: str, namespace: dict[str, Any]) -> str:
    bin = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([bin, os.environ["PATH"]]), "COLUMNS": "120", "NO_COLOR": "1"}
    commands = [line.removeprefix("$ ") for line in code.splitlines()]
    done = [subprocess.run(c, shell=True, check=True, stdout=subprocess.PIPE, text=True, env=environment) for c in commands]
    return "".join(one.stdout for one in done)


_RUN = {"python": _python, "console": _console}


def tidy(printed: str) -> str:
    """An output without spaces at the ends of lines and without empty lines at its end."""
    return "\n".join(line.rstrip() for line in printed.rstrip().splitlines()) + "\n"


def with_outputs(markdown: str, printed: list[str]) -> str:
    """The page with new outputs, where it shows outputs."""
    left = iter(printed)

    def block(found: re.Match[str]) -> str:
        said = tidy(next(left))
        begins = f"```{found[1]}\n{found[2]}```\n"
        return begins if found[3] is None else f"{begins}\n```text\n{said}```\n"

    return CELL.sub(block, markdown)


def notebook(page: Path) -> str:
    """The page as a Jupyter notebook: its text, its code, and its outputs and pictures as they are committed."""
    markdown, parts, at = page.read_text(), [], 0
    for found in CELL.finditer(markdown):
        parts += [*_text_cells(markdown[at : found.start()], page.parent), _code_cell(Cell(*found.groups()))]
        at = found.end()
    parts += _text_cells(markdown[at:], page.parent)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    numbered = [{"id": f"cell-{k}", **part} for k, part in enumerate(parts)]
    book = {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _text_cells(text: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Cells of the text between two blocks of code; a picture is shown by a cell of code."""
    at = 0
    for found in PICTURE.finditer(text):
        yield from _markdown_cell(text[at : found.start()])
        png = base64.b64encode((folder / found[2]).read_bytes()).decode()
        shown = {"output_type": "display_data", "metadata": {}, "data": {"image/png": png, "text/plain": found[1]}}
        yield _cell("code", f'from IPython.display import Image, display\n\ndisplay(Image("{found[2]}"))', [shown])
        at = found.end()
    yield from _markdown_cell(text[at:])


def _markdown_cell(text: str) -> Iterator[dict[str, Any]]:
    if text.strip():
        # Links lead to other pages, which are not beside a notebook.
        yield {"cell_type": "markdown", "metadata": {}, "source": LINK.sub(r"\1", text.strip())}


def _code_cell(cell: Cell) -> dict[str, Any]:
    source = _NOTEBOOK[cell.kind](cell.code.rstrip())
    stream = [{"output_type": "stream", "name": "stdout", "text": cell.output}] if cell.output else []
    return _cell("code", source, stream)


def _cell(kind: str, source: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cell_type": kind, "execution_count": None, "metadata": {}, "outputs": outputs, "source": source}


_NOTEBOOK = {
    "python": lambda code: FILE.sub(r"%%writefile \1\n", code, count=1),
    "console": lambda code: "%%sh\n" + re.sub(r"^\$ ", "", code, flags=re.M),
}


def check(cell: Cell, printed: str) -> None:
    """Show what a block printed; exit with the difference if the page says something else."""
    print(printed, end="", flush=True)
    if cell.output is not None and cell.output != tidy(printed):
        sys.exit(f"The page says instead:\n{cell.output}")


def _rewrite(page: Path) -> None:
    """Run the page in an empty folder, and replace its outputs and pictures."""
    with tempfile.TemporaryDirectory() as folder:
        back = os.getcwd()
        os.chdir(folder)
        printed = [text for _, text in run(page)]
        os.chdir(back)
        for name in pictures(page.read_text()):
            shutil.copy(Path(folder, name), page.parent / name)
    page.write_text(with_outputs(page.read_text(), printed))


def main() -> None:
    """Run pages."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("pages", nargs="*", type=Path)
    asked.add_argument("--write", action="store_true", help="replace outputs and pictures of these pages, or of all")
    given = asked.parse_args()
    for page in [path.resolve() for path in given.pages] or pages():
        began = time.monotonic()
        if given.write:
            _rewrite(page)
        else:
            for cell, printed in run(page):
                check(cell, printed)
        print(f"{page.relative_to(HERE)}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
