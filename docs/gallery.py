"""Makes the gallery: an index with thumbnails, and a page for each script of ``docs/gallery`` and each committed study.

A page has a picture, what came out, and the code. Nothing is computed here; everything is shown from committed results.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MODELS = HERE.parent / "models"
_LOADS = re.compile(r"load_model\(\s*[\"'](\w+)[\"']")
INTRODUCTION = """# Gallery

Each entry has a picture, a number and the code. The scripts draw their picture in seconds. Every other entry is a
study, which asks one question with many trials; its numbers and its picture are those of the committed results, and
`neurosim study run NAME` runs it again. [Reproducing](../reproducing.md) lists all commands, times and distances to the
papers.
"""


@dataclass(frozen=True)
class Entry:
    """One entry of the gallery.

    Attributes
    ----------
    name, title : str
        Name of its page, and what it shows.
    picture : str
        Address of the picture from the folder of the gallery.
    number : str
        What came out.
    text : str
        The page without its title, picture and code, in Markdown.
    code : tuple of Path
        Files of the code.
    """

    name: str
    title: str
    picture: str
    number: str
    text: str
    code: tuple[Path, ...]


def pages(studies: Mapping[str, Any], sections: Mapping[str, list[str]], ports: str) -> dict[str, str]:
    """The pages of the gallery, by name.

    Parameters
    ----------
    studies : mapping
        Committed studies, from ``committed.studies``.
    sections : mapping
        Heading -> names of studies, from ``committed.sections``.
    ports : str
        Cards of the ports of Brian2's examples.
    """
    scripts = [_script(path) for path in sorted((HERE / "gallery").glob("*.py"))]
    groups = {"Scripts": scripts}
    for heading, names in sections.items():
        groups[heading] = [_entry(studies[name]) for name in names if name in studies and studies[name].drawn]
    index = [INTRODUCTION, *(f"## {heading}\n\n{_cards(map(_card, found))}" for heading, found in groups.items() if found)]
    made = {f"gallery/{entry.name}.md": _page(entry) for found in groups.values() for entry in found}
    return {**made, "gallery/index.md": "\n".join([*index, f"## Examples of Brian2\n\n{ports}"])}


def _script(path: Path) -> Entry:
    title, _, text = (ast.get_docstring(ast.parse(path.read_text())) or path.stem).partition("\n")
    return Entry(path.stem, title.rstrip("."), f"{path.stem}.png", " ".join(text.split()), text.strip(), (path,))


def _entry(study: Any) -> Entry:
    text = "\n\n".join(
        [
            f"**Answer.** {study.answer}",
            f"**Expected.** {study.expected}",
            f"`{study.command}`: {study.trials} trials, seeds {study.seeds}; {study.time} ({study.processor}, {study.date}).",
        ]
    )
    loaded = [MODELS / f"{name}.py" for name in dict.fromkeys(_LOADS.findall(study.file.read_text()))]
    code = (study.file, *(path for path in loaded if path.exists()))
    return Entry(study.name, study.question, f"../results/{study.name}.svg", study.answer or study.expected, text, code)


def _page(entry: Entry) -> str:
    code = "\n\n".join(f"### {path.parent.name}/{path.name}\n\n````python\n{path.read_text()}````" for path in entry.code)
    return f"# {entry.title}\n\n![{entry.title}]({entry.picture})\n\n{entry.text}\n\n## Code\n\n{code}\n"


def _card(entry: Entry) -> str:
    number = textwrap.shorten(entry.number, 170, placeholder=" ...")
    return "\n\n".join(
        [
            f"-   [![{entry.title}]({entry.picture}){{ loading=lazy }}]({entry.name}.md)",
            f"    **[{entry.title}]({entry.name}.md)**",
            f"    {number}",
        ]
    )


def _cards(cards: Iterable[str]) -> str:
    inner = "\n\n".join(cards)
    return f'<div class="grid cards gallery" markdown>\n\n{inner}\n\n</div>\n'
