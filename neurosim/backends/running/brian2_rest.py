"""Samples of a running network in Brian2: what stays when the next one begins, and the updates at the end of one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Blueprint, Wires
from neurosim.backends.brian2.build import Built
from neurosim.backends.brian2.names import FIRST_STEP, WEIGHT, WEIGHTS_LEARN, variable_name
from neurosim.backends.brian2.rule_text import change_text
from neurosim.plasticity.products import GateKind

Values = Mapping[str, Mapping[str, Any]]
"""Name of a part -> Brian2 variable -> numbers."""


@dataclass(frozen=True)
class Staying:
    """What a rest does not change: weights, whether they learn, and states of neurons that are kept."""

    wiring: Values
    cells: Values

    def put(self, built: Built) -> None:
        """Give the values to objects of the same network."""
        for made, own in ((built.wiring, self.wiring), (built.cells, self.cells)):
            for name, values in own.items():
                for variable, numbers in values.items():
                    setattr(made[name], f"{variable}_", numbers)


def staying(blueprint: Blueprint, built: Built, keep: Collection[tuple[str, str]]) -> Staying:
    """What stays; `keep` has the (population, variable) of states."""
    states: dict[str, dict[str, Any]] = {}
    for name, variable in keep:
        own = blueprint.cell(name).readout(variable).variable
        states.setdefault(name, {})[own] = _numbers(built.cells[name], own)
    wiring = {name: _present(made, (WEIGHT, WEIGHTS_LEARN)) for name, made in built.wiring.items()}
    return Staying(wiring, states)


def count_from(built: Built, steps: int) -> None:
    """Let periods, and random numbers that neurons draw, go on after `steps` steps of earlier samples."""
    for group in built.cells.values():
        if FIRST_STEP in group.variables:
            setattr(group, FIRST_STEP, steps)
    for normaliser in built.normalisers:
        normaliser.first = steps


def ends_samples(wires: Wires) -> bool:
    """Whether the rule of a projection that learns has updates at the end of a sample."""
    assert wires.learning is not None
    return any(update.gate.kind is GateKind.PHASE for update in wires.learning.rule.updates)


def end_updates(wires: Wires, made: Any) -> None:
    """Apply the updates at the end of a sample; all changes are computed before any of them is added."""
    learning = wires.learning
    assert learning is not None
    low, high = learning.rule.bounds
    changes: dict[str, Any] = {}
    for update in (u for u in learning.rule.updates if u.gate.kind is GateKind.PHASE):
        target = variable_name(update.target)
        changes[target] = changes.get(target, 0.0) + _computed(made, target, change_text(update, learning, wires.name))
    for target, change in changes.items():
        values = _numbers(made, target) + change
        setattr(made, f"{target}_", np.clip(values, low, high) if target == WEIGHT else values)


def _computed(made: Any, target: str, text: str) -> Any:
    """Values of an expression; Brian2 computes one of synapses only into a variable, which gets its own values back."""
    before = _numbers(made, target)
    getattr(made, target).set_item(slice(None), text, namespace={})
    values = _numbers(made, target)
    setattr(made, f"{target}_", before)
    return values


def _present(made: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: _numbers(made, name) for name in names if name in made.variables}


def _numbers(made: Any, variable: str) -> Any:
    return np.array(getattr(made, f"{variable}_"))
