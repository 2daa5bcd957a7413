"""Builds what is made by running code: gallery, support matrix, table of rules, results, the command line's help."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.structure.files import File, Files

RULES_HERE = "<!-- table of the rules -->"
HERE = Path(__file__).parent
COMMANDS = (
    "demo", "simulate", "train", "pack", "deploy", "compare", "models", "targets", "rule", "data", "bench", "study",
    "reproduce",
)  # fmt: skip


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and pictures."""
    sys.path.insert(0, str(HERE.parent))
    results = _load(HERE / "results.py").pictures()
    for name, content in {**_gallery(), **_pictures(), **results, "support.md": _support(), "cli.md": _cli()}.items():
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
    spec.loader.exec_module(module)
    return module


def _gallery() -> dict[str, Any]:
    """Each script's `figure()` is drawn, its docstring is the text, its source is shown."""
    pages: dict[str, Any] = {}
    entries = []
    for path in sorted((HERE / "gallery").glob("*.py")):
        module = _load(path)
        title, _, text = (module.__doc__ or path.stem).partition("\n")
        picture = io.BytesIO()
        module.figure().savefig(picture, format="png", dpi=130)
        pages[f"gallery/{path.stem}.png"] = picture.getvalue()
        body = f"# {title.rstrip('.')}\n{text}\n![{title}]({path.stem}.png)\n\n```python\n{path.read_text()}```\n"
        pages[f"gallery/{path.stem}.md"] = body
        entries.append(f"## [{title.rstrip('.')}]({path.stem}.md)\n\n[![{title}]({path.stem}.png)]({path.stem}.md)\n")
    pages["gallery/index.md"] = "# Gallery\n\nEvery picture is drawn when these pages are built.\n\n" + "\n".join(entries)
    return pages


def _support() -> str:
    """What runs where, found by trying; the same scenarios are compared spike by spike in the tests."""
    from neurosim.backends.brian2 import simulate
    from neurosim.backends.deployment import deploy
    from neurosim.backends.emulator import emulate_network
    from neurosim.units import ms
    from tests.conformance.scenarios import SCENARIOS

    span = 5 * ms
    executions = {
        "Brian2, continuous": lambda n: simulate(n, span),
        "Brian2, steps": lambda n: simulate(n, span, integration="step"),
        "emulator, float": lambda n: emulate_network(n, span),
        "loihi1": lambda n: deploy(n, "loihi1").emulate(span, arithmetic="loihi1"),
        "loihi2": lambda n: deploy(n, "loihi2").emulate(span),
        "Lava, float": lambda n: deploy(n).run_lava(span, arithmetic="float", timeout=120),
        "Lava, fixed": lambda n: deploy(n).run_lava(span, timeout=120),
    }
    rows, reasons = [], []
    for scenario in SCENARIOS:
        network = scenario.network()
        cells = []
        for name, run in executions.items():
            reason = _refusal(run, network)
            cells.append("no" if reason else "yes")
            reasons += [f"- **{scenario.name}**, {name}: {reason}"] if reason else []
        rows.append(f"| {scenario.name} | " + " | ".join(cells) + " |")
    head = "| neuron | " + " | ".join(executions) + " |\n|" + "---|" * (len(executions) + 1)
    return (
        "# What runs where\n\nThis table is made by trying: each neuron in a network with noise, recurrence and a delay. The "
        "tests run the same networks for longer and compare every spike and voltage.\n\n"
        + "\n".join([head, *rows])
        + "\n\n## Why not\n\n"
        + "\n".join(dict.fromkeys(reasons))
        + "\n"
    )


def _rules() -> str:
    """Rule x execution from the cards, the reasons, and the pictures."""
    from neurosim.cards.card import named_card
    from neurosim.cards.executions import EXECUTIONS
    from neurosim.plasticity import RULES

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
    return table + "\n\n## What each does\n\nMeasured when these pages are built.\n\n" + "\n".join(shown)


def _cell(execution: Any) -> str:
    return ("in training" if execution.note else "yes") if execution.runs else "no"


def _pictures() -> dict[str, bytes]:
    """The picture of each rule."""
    from neurosim.cards.pictures import draw_rule
    from neurosim.plasticity import RULES

    pages = {}
    for name in RULES:
        picture = io.BytesIO()
        draw_rule(name).savefig(picture, format="png", dpi=110)
        pages[f"rules/{name}.png"] = picture.getvalue()
    return pages


def _refusal(run: Any, network: Any) -> str:
    from neurosim.errors import UnsupportedError

    try:
        run(network)
    except UnsupportedError as error:
        return str(error)
    return ""


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
    import os

    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
