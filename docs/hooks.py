"""Builds what is made from other files: the gallery, the table of the rules, results of studies, the command line's help."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

RULES_HERE = "<!-- table of the rules -->"
HERE = Path(__file__).parent
COMMANDS = (
    "demo", "simulate", "train", "pack", "deploy", "compare", "models", "targets", "rule", "data", "bench", "study",
    "reproduce",
)  # fmt: skip


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and the figures of studies, unless a picture is stale."""
    pictures = _load(HERE / "pictures.py")
    stale = pictures.stale(pictures.Project())
    if stale:
        raise PluginError(f"What they show has changed: {', '.join(stale)}. Run '{pictures.COMMAND}', and look at them.")
    results = _load(HERE / "results.py").pictures()
    for name, content in {**_gallery(), **results, "cli.md": _cli()}.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the table of the rules, and results of studies, where a page asks for them."""
    found: str = _load(HERE / "results.py").with_results(markdown)
    return found.replace(RULES_HERE, _rules()) if RULES_HERE in found else found


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _gallery() -> dict[str, str]:
    """Each script's docstring is the text, its picture and its source are shown."""
    pages, entries = {}, []
    for path in sorted((HERE / "gallery").glob("*.py")):
        code = path.read_text()
        title, _, text = (ast.get_docstring(ast.parse(code)) or path.stem).partition("\n")
        body = f"# {title.rstrip('.')}\n{text}\n![{title}]({path.stem}.png)\n\n```python\n{code}```\n"
        pages[f"gallery/{path.stem}.md"] = body
        entries.append(f"## [{title.rstrip('.')}]({path.stem}.md)\n\n[![{title}]({path.stem}.png)]({path.stem}.md)\n")
    pages["gallery/index.md"] = "# Gallery\n\nEach picture is drawn by the script below it.\n\n" + "\n".join(entries)
    return pages


def _rules() -> str:
    """Rule x execution from the cards, the reasons, and the pictures."""
    from neurosim.plasticity import RULES
    from neurosim.plasticity.card import named_card
    from neurosim.plasticity.executions import EXECUTIONS

    cards = [named_card(name) for name in RULES]
    head = "| rule | what it is | " + " | ".join(EXECUTIONS) + " |\n|" + "---|" * (len(EXECUTIONS) + 2)
    rows = [f"| `{card.name}` | {card.summary} | " + " | ".join(_cell(e) for e in card.executions) + " |" for card in cards]
    reasons = [
        f"- **{card.name}**, {', '.join(e.name for e in card.executions if e.note == note)}: {note}"
        for card in cards
        for note in dict.fromkeys(e.note for e in card.executions if e.note)
    ]
    shown = [f"### {card.name}\n\n{card.summary}. {card.paper}.\n\n![{card.name}](rules/{card.name}.png)\n" for card in cards]
    table = "\n".join([head, *rows]) + "\n\nHow, or why not, on loihi2:\n\n" + "\n".join(reasons)
    return table + "\n\n## What each does\n\nEach picture is measured.\n\n" + "\n".join(shown)


def _cell(execution: Any) -> str:
    return ("in training" if execution.note else "yes") if execution.runs else "no"


def _cli() -> str:
    parts = ["# Command line\n"]
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "neurosim", command, "--help"],
            capture_output=True, text=True, check=True, env=_plain_environment(),
        )  # fmt: skip
        parts.append(f"## neurosim {command}\n\n```text\n{done.stdout.strip()}\n```\n")
    return "\n".join(parts)


def _plain_environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
