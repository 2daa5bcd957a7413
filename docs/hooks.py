"""Builds the pages that are made by running code: the gallery, the support matrix, the command line's help."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.structure.files import File, Files

HERE = Path(__file__).parent
COMMANDS = ("demo", "simulate", "train", "deploy", "compare", "models", "targets", "data", "bench", "study", "reproduce")


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and pictures."""
    sys.path.insert(0, str(HERE.parent))
    for name, content in {**_gallery(), "support.md": _support(), "cli.md": _cli()}.items():
        files.append(File.generated(config, name, content=content))
    return files


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
    from neurosim.deploy import deploy
    from neurosim.emulate import emulate_network
    from neurosim.simulate import simulate
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
