"""The page that says what runs where."""

from __future__ import annotations

from typing import Any

from neurosim.deploy import deploy
from neurosim.emulate import emulate_network
from neurosim.errors import UnsupportedError
from neurosim.simulate import simulate
from neurosim.units import ms
from tests.conformance.scenarios import SCENARIOS

SPAN = 5 * ms
EXECUTIONS = {
    "Brian2, continuous": lambda n: simulate(n, SPAN),
    "Brian2, steps": lambda n: simulate(n, SPAN, integration="step"),
    "emulator, float": lambda n: emulate_network(n, SPAN),
    "loihi1": lambda n: deploy(n, "loihi1").emulate(SPAN, arithmetic="loihi1"),
    "loihi2": lambda n: deploy(n, "loihi2").emulate(SPAN),
    "Lava, float": lambda n: deploy(n).run_lava(SPAN, arithmetic="float", timeout=120),
    "Lava, fixed": lambda n: deploy(n).run_lava(SPAN, timeout=120),
}


def support() -> str:
    """What runs where, found by trying; the same scenarios are compared spike by spike in the tests."""
    rows, reasons = [], []
    for scenario in SCENARIOS:
        network = scenario.network()
        cells = []
        for name, run in EXECUTIONS.items():
            reason = _refusal(run, network)
            cells.append("no" if reason else "yes")
            reasons += [f"- **{scenario.name}**, {name}: {reason}"] if reason else []
        rows.append(f"| {scenario.name} | " + " | ".join(cells) + " |")
    head = "| neuron | " + " | ".join(EXECUTIONS) + " |\n|" + "---|" * (len(EXECUTIONS) + 1)
    return (
        "# What runs where\n\nThis table is made by trying: each neuron in a network with noise, recurrence and a delay. The "
        "tests run the same networks for longer and compare every spike and voltage.\n\n"
        + "\n".join([head, *rows])
        + "\n\n## Why not\n\n"
        + "\n".join(dict.fromkeys(reasons))
        + "\n"
    )


def _refusal(run: Any, network: Any) -> str:
    try:
        run(network)
    except UnsupportedError as error:
        return str(error)
    return ""
