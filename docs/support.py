"""Generates the page that shows which executions run each network of the table of conformance."""

from __future__ import annotations

from neurosim.backends.executions import OWN
from tests.conformance.scenarios import SCENARIOS

INTRODUCTION = """# What runs where

This table shows which executions run each neuron model, and some networks that learn. It is made from the networks that the
tests run in every execution. The tests compare every spike, state and weight of the executions that compute the same. The
columns are the names of [executions](executions.md). "emulator loihi1" runs a network on the chip `loihi1`; "emulator fixed"
and "Lava fixed_pt" run it on `loihi2`.

"""
REASONS = """

## Reasons

The executions refuse the other networks with these errors:

"""


def support() -> str:
    """The page, found by asking each execution about each row of the table."""
    rows, reasons = [], []
    for scenario in SCENARIOS:
        refused = {name: execution.refuses(scenario.workload) for name, execution in OWN.items()}
        rows.append(f"| {scenario.name} | " + " | ".join("no" if found else "yes" for found in refused.values()) + " |")
        for reason in dict.fromkeys(text for found in refused.values() for text in found):
            where = ", ".join(name for name, found in refused.items() if reason in found)
            reasons.append(f"- **{scenario.name}**, {where}: {reason}")
    head = "| network | " + " | ".join(OWN) + " |\n|" + "---|" * (len(OWN) + 1)
    return INTRODUCTION + "\n".join([head, *rows]) + REASONS + "\n".join(reasons) + "\n"
