"""Makes the tables of the page that compares simulators, and pages with their scripts, from committed results."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
STUDY = "benchmark_peers"
TABLE = re.compile(r"<!-- table of the peers: (\w+) -->")
BETTER, VERSIONS = "<!-- where a peer is better -->", "<!-- versions of the peers -->"
Trials = list[Mapping[str, float]]
"""What one simulator measured for one network, one entry per seed."""


def with_tables(markdown: str) -> str:
    """Replace the comments of the page by what was measured."""
    found = TABLE.sub(lambda asked: _table(asked[1]), markdown)
    for place, made in ((BETTER, _better), (VERSIONS, _versions)):
        found = found.replace(place, made()) if place in found else found
    return found


def pages() -> dict[str, str]:
    """A page for each network, with its script in every simulator."""
    return {f"peers/{network}.md": _scripts(network) for network in _measured()}


def _scripts(network: str) -> str:
    titles = _study().TITLES
    parts = [
        f"## {titles[peer]}\n\n```python\n{(EXPERIMENTS / 'peers' / f'{network}_{peer}.py').read_text()}```\n"
        for peer in _measured()[network]
    ]
    return "\n".join([f"# {network.replace('_', ' ').capitalize()}: the scripts\n", *parts])


def _study() -> Any:
    return importlib.import_module(f"experiments.{STUDY}")


def _result() -> Any:
    return json.loads((EXPERIMENTS / "results" / STUDY / "result.json").read_text())


def _versions() -> str:
    """Versions of the simulators, and of Python and NumPy beside neurosim."""
    own, made = _result()["provenance"][0], importlib.import_module("experiments.peers.environments").ENVIRONMENTS
    others = [f"{_study().TITLES[peer]}: Python {python}, {', '.join(packages)}" for peer, (python, packages) in made.items()]
    here = ", ".join(f"{name}=={own[name]}" for name in ("brian2", "numpy", "numba"))
    return f"neurosim and Brian2: Python {own['python']}, {here}. {'; '.join(others)}."


def _measured() -> dict[str, dict[str, Trials]]:
    """Network -> simulator -> measures by seed."""
    found: dict[str, dict[str, Trials]] = {}
    for trial in _result()["trials"]:
        network, peer = _study().split(trial["parameters"]["case"])
        found.setdefault(network, {}).setdefault(peer, []).append(trial["measures"])
    return found


def _mean(trials: Trials, measure: str) -> float:
    return float(np.mean([trial[measure] for trial in trials]))


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _ranged(measure: str) -> Callable[[Trials], str]:
    """Mean, and the smallest and largest of the seeds."""

    def shown(trials: Trials) -> str:
        values = [trial[measure] for trial in trials]
        mean, low, high = (_number(float(number)) for number in (np.mean(values), min(values), max(values)))
        return mean if low == high else f"{mean} ({low} to {high})"

    return shown


def _plain(measure: str) -> Callable[[Trials], str]:
    return lambda trials: _number(_mean(trials, measure))


def _differing(trials: Trials) -> str:
    differ, spikes = _mean(trials, "differ"), _mean(trials, "spikes")
    return f"{100 * differ / spikes:.3g} %" if differ else "none"


COLUMNS: Mapping[str, Callable[[Trials], str]] = {
    "run (CPU s)": _ranged("run_s"),
    "times neurosim": _plain("ratio"),
    "start (CPU s)": _plain("start_s"),
    "first use (CPU s)": _plain("first_use_s"),
    "memory (MiB)": _plain("peak_mib"),
    "lines": _plain("lines"),
}
OWN: Mapping[str, Mapping[str, Callable[[Trials], str]]] = {
    "balanced": {"other spikes": _differing, "the same for (steps)": _ranged("same_steps")},
    "stdp": {"other spikes": _differing, "mean weight": _ranged("mean_weight")},
    "inference": {"other spikes": _differing, "right (%)": _ranged("accuracy")},
    "diehl_cook": {"right (%)": _ranged("accuracy")},
}
"""Columns of one network only."""


def _table(network: str) -> str:
    columns, titles = {**COLUMNS, **OWN[network]}, _study().TITLES
    ordered = sorted(_measured()[network].items(), key=lambda found: _mean(found[1], "run_s"))
    rows = [[titles[peer], *(shown(trials) for shown in columns.values())] for peer, trials in ordered]
    lines = [["simulator", *columns], ["---"] * (len(columns) + 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


CRITERIA: Mapping[str, tuple[str, float]] = {
    "CPU time of the run (s)": ("run_s", 1),
    "CPU time of the start (s)": ("start_s", 1),
    "CPU time of the first use (s)": ("first_use_s", 1),
    "memory (MiB)": ("peak_mib", 1),
    "lines of code": ("lines", 1),
    "images that are right (%)": ("accuracy", -1),
}
"""What is compared: the measure, and 1 where less is better."""


def _better() -> str:
    """For each criterion, the networks in which the mean of a simulator is better than neurosim's."""
    lines = []
    for criterion, (measure, sign) in CRITERIA.items():
        parts = [part for network, peers in _measured().items() if (part := _ahead(network, peers, measure, sign))]
        lines.append(f"* **{criterion}**: {'; '.join(parts) or 'none'}.")
    return "\n".join(lines)


def _ahead(network: str, peers: Mapping[str, Trials], measure: str, sign: float) -> str:
    here = _mean(peers["neurosim"], measure)
    others = {peer: _mean(trials, measure) for peer, trials in peers.items() if not peer.startswith("neurosim")}
    ahead = {peer: value for peer, value in others.items() if sign * value < sign * here}
    named = ", ".join(f"{_study().TITLES[peer]} {_number(value)}" for peer, value in ahead.items())
    return f"{network.replace('_', ' ')} ({_number(here)} here): {named}" if named else ""
