"""The one form of a plasticity rule: traces, modulators, and updates at events and phases.

Order within a step is part of the meaning, and the same in every execution:

1. neurons integrate and spike; a neuron's own quantities (traces, modulators) are those of this step;
2. a presynaptic trace at step k holds the spikes up to and including those that the post neuron integrated in step k, that is
   the ones emitted up to step k - 1 (a synapse takes one step);
3. ``on_post`` updates read the traces after 2, so a post spike sees the pre spike that it integrated in the same step;
4. phases come after the last step of their period, with every update reading the values from before the phase.

Built so far: what desire backpropagation needs (presynaptic traces, one post-local modulator, ``tag``, the phase
``sample_end``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.errors import NetworkError, unknown_name

SYNAPTIC = ("w", "tag")
PHASES = ("sample_end",)


@dataclass(frozen=True)
class Trace:
    """A low-pass of one side's spikes: multiplied by `decay` each step, plus 1 at a spike."""

    side: str
    decay: float


@dataclass(frozen=True)
class Modulator:
    """A third factor that each post neuron knows by itself; `supplier` says how it comes about."""

    supplier: Any


def pre(*, decay: float) -> Trace:
    """Presynaptic trace that keeps `decay` (0 to 1) of itself in a step."""
    if not 0 <= decay < 1:
        raise NetworkError(f"pre(decay={decay!r}): expected a factor from 0 up to, not including, 1.")
    return Trace("pre", float(decay))


def post_modulator(supplier: Any) -> Modulator:
    """A third factor that is local to the post neuron."""
    return Modulator(supplier)


@dataclass(frozen=True)
class PlasticityRule:
    """How the weights of a projection change.

    Parameters
    ----------
    name : str
        For reports.
    traces, modulators : mapping
        Name -> declaration.
    on_post : mapping
        Variable ("w", "tag") -> what is added at a post spike.
    at : mapping
        Phase ("sample_end") -> variable -> what is added then.
    parameters : mapping
        Name -> number.
    paper : str
        Where it comes from.

    Raises
    ------
    NetworkError
        If an update is no expression, writes to no synaptic variable, or reads something that is neither a trace, a
        modulator, a parameter nor synaptic: such a rule would not be local.
    """

    name: str
    traces: Mapping[str, Trace] = field(default_factory=dict)
    modulators: Mapping[str, Modulator] = field(default_factory=dict)
    on_post: Mapping[str, str] = field(default_factory=dict)
    at: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    paper: str = ""

    def __post_init__(self) -> None:
        for phase in self.at:
            if phase not in PHASES:
                raise NetworkError(f"Rule {self.name!r}: " + unknown_name("phase", phase, PHASES))
        for updates in (self.on_post, *self.at.values()):
            for variable, expression in updates.items():
                self._check_update(variable, expression)

    def _check_update(self, variable: str, expression: str) -> None:
        who = f"Rule {self.name!r}, update of {variable!r}"
        if variable not in SYNAPTIC:
            raise NetworkError(f"{who}: " + unknown_name("synaptic variable", variable, SYNAPTIC))
        try:
            tree = ast.parse(expression, mode="eval")
        except SyntaxError as error:
            raise NetworkError(f"{who}: {expression!r} is no expression ({error.msg}).") from None
        local = {*SYNAPTIC, *self.traces, *self.modulators, *self.parameters}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in local:
                raise NetworkError(f"{who}: the factor {node.id!r} is not local. " + unknown_name("factor", node.id, local))
