"""Makes the pages and pictures of the ports of Brian2's examples, and their table from the committed results of the study."""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path
from typing import Any

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
STUDY = "brian2_examples"
COLUMNS = ("Brian2", "emulator")


def pages() -> dict[str, str]:
    """A page for each port, with its docstring and its source."""
    return {f"ports/{path.stem}.md": _page(path) for path in _files()}


def cards() -> str:
    """A card for each port, with its picture and the first of its numbers."""
    ports = _numbers()
    shown = [_card(_title(path), f"../ports/{path.stem}", _sentence(ports[path.stem])) for path in _files()]
    return '<div class="grid cards gallery" markdown>\n\n' + "\n\n".join(shown) + "\n\n</div>\n"


def _card(title: str, page: str, number: str) -> str:
    return f"-   [![{title}]({page}.png){{ loading=lazy }}]({page}.md)\n\n    **[{title}]({page}.md)**\n\n    {number}"


def draw(name: str) -> Any:
    """Spikes of the small version of a port; its voltages, if no neuron spikes."""
    from matplotlib.figure import Figure

    from neurosim.analysis.plots import raster, trace
    from neurosim.network.inputs import Input

    port = importlib.import_module(f"experiments.ports.{name}")
    network, duration = port.described(True)
    recording = next(iter(port.EXECUTIONS.values()))(network, duration)
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    neurons = [p.name for p in network.populations if not isinstance(p.model, Input)]
    fired = [name for name in neurons if len(recording.spikes[name])]
    if fired:
        raster(figure.subplots(), recording, fired)
        return figure
    for ax, (population, variable) in zip(figure.subplots(len(recording.states), sharex=True), recording.states, strict=True):
        trace(ax, recording, population, variable, unit="mV").set_title(population)
    return figure


def _sentence(numbers: dict[str, dict[str, Any]]) -> str:
    name, by = next(iter(numbers.items()))
    here = ", ".join(f"{_number(found['neurosim'])} ({on})" for on, found in by.items())
    return f"{name}: by hand {_number(next(iter(by.values()))['by_hand'])}, here {here}"


def table() -> str:
    """Numbers of each port by hand and in each execution that runs it, followed by the share of common spikes."""
    ports = _numbers()
    head = f"| port | number | by hand | {' | '.join(COLUMNS)} |\n|---|---|---|{'---|' * len(COLUMNS)}"
    titles = {path.stem: _title(path) for path in _files()}
    rows = [row for name in titles if name in ports for row in _rows(f"[{titles[name]}](ports/{name}.md)", ports[name])]
    return "\n".join([head, *rows])


def _numbers() -> dict[str, dict[str, dict[str, Any]]]:
    """Measures by port, number and execution."""
    trials = json.loads((EXPERIMENTS / "results" / STUDY / "result.json").read_text())["trials"]
    ports: dict[str, dict[str, dict[str, Any]]] = {}
    for trial in trials:
        name, execution, number = trial["parameters"]["case"].split(" / ", 2)
        ports.setdefault(name, {}).setdefault(number, {})[execution] = trial["measures"]
    return ports


def _rows(link: str, numbers: dict[str, dict[str, Any]]) -> list[str]:
    found = next(iter(numbers.values()))
    same = [f"{found[on]['same_spikes']:.3g} %" if on in found else "" for on in COLUMNS]
    rows = [
        [link if k == 0 else "", number, _number(next(iter(by.values()))["by_hand"])]
        + [_number(by[on]["neurosim"]) if on in by else "" for on in COLUMNS]
        for k, (number, by) in enumerate(numbers.items())
    ]
    return [f"| {' | '.join(row)} |" for row in [*rows, ["", "*spikes in common*", "", *same]]]


def _number(value: float) -> str:
    return f"{value:.4g}"


def _files() -> list[Path]:
    return [path for path in sorted((EXPERIMENTS / "ports").glob("*.py")) if path.stem != "__init__"]


def _title(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or path.stem).partition("\n")[0].partition(":")[0]


def _page(path: Path) -> str:
    code = path.read_text()
    title, _, text = (ast.get_docstring(ast.parse(code)) or path.stem).partition("\n")
    picture = f"![The small version of this port]({path.stem}.png)"
    return f"# {title.rstrip('.')}\n{text}\n\n{picture}\n\n```python\n{code}```\n"
