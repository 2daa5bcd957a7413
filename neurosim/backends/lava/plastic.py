"""Plastic projections in Lava: the learning rule, the values that post neurons send, and the names of variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.errors import UnsupportedError
from neurosim.program.engine_rule import Sending
from neurosim.program.fixed import FixedProjection, SignMode
from neurosim.program.step import StepProjection

RULES = "lava.magma.core.learning.learning_rule"
Y_SLOTS = ("y1", "y2", "y3")
SYNAPTIC_VARS = {"w": "weights", "t": "tag_1", "d": "tag_2"}
"""Loihi's name of a synaptic variable -> name of Lava's Var."""


@dataclass(frozen=True)
class Sent:
    """The value that post neurons send in one y slot; `how` defines its encoding.

    It is a trace of their spikes, or the third factor `modulator`, which they receive from outside, or the third factor
    `supply`, which they compute.
    """

    impulse: float = 0.0
    tau: float = 0.0
    modulator: str = ""
    how: Sending = field(default_factory=Sending)
    supply: str = ""


@dataclass(frozen=True)
class LavaRule:
    """A learning rule in the form of Lava's objects.

    Attributes
    ----------
    name, module : str
        Class of the rule and its module.
    options : mapping
        Keywords of the class.
    sign_mode : SignMode
        Sign mode of the weights.
    sent : mapping
        "y1", ... -> Sent for a three-factor rule; empty otherwise.
    seed : int
        Seed of the random rounding.
    variables : mapping
        Described name ("w", "tag", a trace) -> name of Lava's Var.
    """

    name: str
    module: str
    options: Mapping[str, Any]
    sign_mode: SignMode
    sent: Mapping[str, Sent] = field(default_factory=dict)
    seed: int = 1
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def three_factor(self) -> bool:
        """Whether the post neurons send y1, y2, y3."""
        return bool(self.sent)

    @property
    def post_traces(self) -> tuple[str, ...]:
        """Vars that are part of the post neuron."""
        return tuple(slot for slot, sent in self.sent.items() if not (sent.modulator or sent.supply))


def check_form(projection: StepProjection | FixedProjection) -> None:
    """Raise UnsupportedError unless one of Lava's learning connections can represent `projection`.

    Lava has only learning connections without delays, and the Vars of a sparse one can neither be read completely nor be reset.
    """
    if np.any(projection.delays):
        raise UnsupportedError(
            f"Projection {projection.name!r}: it is plastic and has delays up to {int(np.max(projection.delays))} steps; "
            "Lava's learning connections support no delays. Remove the delays, or run the network on the emulator in float."
        )
    if sparse.issparse(projection.weights):
        raise UnsupportedError(
            f"Projection {projection.name!r}: it is plastic and sparse; the state of Lava's LearningSparse can neither be "
            "read completely nor be reset between samples. Make the weights dense with .toarray(), which turns absent synapses "
            "into plastic ones of weight 0, or run the network on the emulator."
        )


def slots_of(who: str, learnings: Iterable[tuple[str, LavaRule]]) -> tuple[Mapping[str, Sent], int, str]:
    """The values that the neurons of one population send, the seed of their rounding, and the projection that defines both.

    Raises
    ------
    UnsupportedError
        If two three-factor rules need different values.
    """
    wanted = [(name, learning) for name, learning in learnings if learning.sent]
    if not wanted:
        return {}, 0, ""
    first, rule = wanted[0]
    for name, other in wanted[1:]:
        if other.sent != rule.sent or other.seed != rule.seed:
            raise UnsupportedError(
                f"Population {who!r}: the three-factor rules of {first!r} and {name!r} need different traces, third factors or "
                "random streams from it; a neuron in Lava sends the same y1, y2 and y3 to all projections. Use one rule for "
                "both, or run the network on the emulator."
            )
    return rule.sent, rule.seed, first
