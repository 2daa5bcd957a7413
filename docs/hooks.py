"""Builds the pages that come from other files: gallery, notebooks, table of rules, results, help of the command line.

Pictures and the support table are committed. Building the pages stops if the code that made one of them has changed.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

RULES_HERE = "<!-- table of the rules -->"
ALGORITHMS_HERE = "<!-- table of the learning algorithms -->"
PORTS_HERE = "<!-- table of the ports -->"
HERE = Path(__file__).parent
COMMANDS = (
    "demo", "simulate", "train", "pack", "deploy", "compare", "models", "targets", "executions", "rule", "cite", "data", "lava",
    "bench", "study", "reproduce",
)  # fmt: skip


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and the figures of studies."""
    _refuse_stale_pictures()
    results = _load(HERE / "results.py").pictures()
    ports, committed = _load(HERE / "ports.py"), _load(HERE / "committed.py")
    studies = committed.studies()
    gallery = _load(HERE / "gallery.py").pages(studies, committed.sections(), ports.cards())
    reference = _load(HERE / "reference.py").pages()
    peers = _load(HERE / "peers.py").pages()
    made = {**gallery, **ports.pages(), **peers, **results, **reference, **_notebooks(), "cli.md": _cli()}
    made["reproducing.md"] = _load(HERE / "reproducing.py").page()
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Insert tables of rules, algorithms and ports, results of studies, and a link to a notebook, where they belong."""
    book = Path(page.file.src_uri).with_suffix(".ipynb")
    if book.as_posix() in _notebooks():
        title, text = markdown.split("\n", 1)
        markdown = f"{title}\n\n[Download this page as a notebook]({book.name}){{ .md-button download }}\n{text}"
    found: str = _load(HERE / "peers.py").with_tables(_load(HERE / "results.py").with_results(markdown))
    # The figures are in a folder beside the pages of the first level.
    found = found.replace("](results/", f"]({'../' * page.file.src_uri.count('/')}results/")
    for place, made in ((RULES_HERE, _rules), (ALGORITHMS_HERE, _algorithms), (PORTS_HERE, _load(HERE / "ports.py").table)):
        found = found.replace(place, made()) if place in found else found
    return found


def _algorithms() -> str:
    """Table of the learning algorithms of rates from their cards, followed by why some have no form for spikes."""
    from neurosim.cards.rate_card import rate_card
    from neurosim.rate import ALGORITHMS

    cards = [rate_card(name) for name in ALGORITHMS]
    head = "| algorithm | description | operations | transported | of a layer | in spikes |\n|---|---|---|---|---|---|"
    rows = [
        f"| `{card.name}` | {card.summary}. {card.paper}. | {card.macs / card.macs_of_backprop:.2f} | "
        f"{', '.join(card.transported) or 'nothing'} | {_of_layer(card)} | {'no' if card.stop else 'yes'} |"
        for card in cards
    ]
    reasons = [f"- **{card.name}**: {card.stop}" for card in cards if card.stop]
    return "\n".join([head, *rows]) + "\n\nWhy an algorithm has no form for spikes:\n\n" + "\n".join(reasons)


def _refuse_stale_pictures() -> None:
    pictures = _load(HERE / "pictures.py")
    stale = pictures.stale(pictures.Project())
    if stale:
        names = ", ".join(stale)
        raise PluginError(f"The code behind these pictures and tables has changed: {names}. Run '{pictures.COMMAND}'.")


@cache
def _notebooks() -> dict[str, str]:
    """A notebook of the tour and of each tutorial, by the name of its file."""
    lessons = _load(HERE / "lessons.py")
    pages = [page for page in lessons.pages() if page.parent.name != "howto"]
    return {page.relative_to(HERE).with_suffix(".ipynb").as_posix(): lessons.notebook(page) for page in pages}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks up its module here.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _rules() -> str:
    """Table of rules and executions from the cards, followed by the reasons and the pictures."""
    from neurosim.backends.executions import OWN
    from neurosim.cards.card import named_card
    from neurosim.plasticity import RULES

    cards = [named_card(name) for name in RULES]
    # Neither executions that cannot learn, nor those of other packages that are installed where the pages are built.
    names = [name for name in OWN if any(e.runs for card in cards for e in card.executions if e.name == name)]
    cards = [replace(card, executions=tuple(e for e in card.executions if e.name in names)) for card in cards]
    head = "| rule | description | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 2)
    rows = [f"| `{card.name}` | {card.summary} | " + " | ".join(map(_cell, card.executions)) + " |" for card in cards]
    reasons = [
        f"- **{card.name}**, {', '.join(e.name for e in card.executions if e.note == note)}: {note}"
        for card in cards
        for note in dict.fromkeys(e.note for e in card.executions if e.note)
    ]
    shown = [f"### {card.name}\n\n{card.summary}. {card.paper}.\n\n![{card.name}](rules/{card.name}.png)\n" for card in cards]
    others = ", ".join(name for name in OWN if name not in names)
    none = f"No rule runs on {others}. " if others else ""
    notes = f"{none}Notes for the target loihi2, and the reasons why an execution does not support a rule:"
    table = "\n".join([head, *rows]) + f"\n\n{notes}\n\n" + "\n".join(reasons)
    return table + "\n\n## Effect of each rule\n\nEach picture shows a measurement on the emulator.\n\n" + "\n".join(shown)


def _cell(execution: Any) -> str:
    return ("in training" if execution.note else "yes") if execution.runs else "no"


def _of_layer(card: Any) -> str:
    return ", ".join((*card.groups, *filter(None, [card.host_step]))) or "nothing"


def _cli() -> str:
    parts = ["# Command line\n"]
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "neurosim", command, "--help"],
            capture_output=True, text=True, check=True, env=_plain_environment(),
        )  # fmt: skip
        text = done.stdout.strip().replace("python -m neurosim", "neurosim")
        parts.append(f"## neurosim {command}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _plain_environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
