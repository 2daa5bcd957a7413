"""How a plastic projection learns in Lava: its learning rule, what its post neurons send, and what is called how there."""

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
"""Loihi's name of a synaptic variable -> Lava's Var."""


@dataclass(frozen=True)
class Sent:
    """What post neurons send in one y slot, written as `how` says.

    A trace of their spikes; or the third factor `modulator`, which comes from outside; or `supply`, which they compute.
    """

    impulse: float = 0.0
    tau: float = 0.0
    modulator: str = ""
    how: Sending = field(default_factory=Sending)
    supply: str = ""


@dataclass(frozen=True)
class LavaRule:
    """A learning rule as Lava's objects take it.

    Attributes
    ----------
    name, module : str
        Class of the rule.
    options : mapping
        Its keywords.
    sign_mode : SignMode
        Of the weights.
    sent : mapping
        "y1", ... -> Sent, of a three-factor rule; empty otherwise.
    seed : int
        Of the random rounding.
    variables : mapping
        Described name ("w", "tag", a trace) -> Lava's Var.
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
        """Vars that live in the post neuron."""
        return tuple(slot for slot, sent in self.sent.items() if not (sent.modulator or sent.supply))


def check_form(projection: StepProjection | FixedProjection) -> None:
    """UnsupportedError unless Lava's learning connections can carry `projection`.

    Lava has them without delays only, and the Vars of a sparse one can neither be read as a whole nor be set back.
    """
    if np.any(projection.delays):
        raise UnsupportedError(
            f"Projection {projection.name!r}: it is plastic and has delays up to {int(np.max(projection.delays))} steps; "
            "Lava's learning connections have none. Take the delays out, or run it on the emulator."
        )
    if sparse.issparse(projection.weights):
        raise UnsupportedError(
            f"Projection {projection.name!r}: it is plastic and sparse; the state of Lava's LearningSparse can neither be "
            "read as a whole nor set back between samples. Make the weights dense with .toarray(), where absent synapses "
            "become plastic ones of weight 0, or run it on the emulator."
        )


def slots_of(who: str, learnings: Iterable[tuple[str, LavaRule]]) -> tuple[Mapping[str, Sent], int, str]:
    """What the neurons of one population send, the seed of its rounding, and the projection that says so.

    Raises
    ------
    UnsupportedError
        If two three-factor rules want different things.
    """
    wanted = [(name, learning) for name, learning in learnings if learning.sent]
    if not wanted:
        return {}, 0, ""
    first, rule = wanted[0]
    for name, other in wanted[1:]:
        if other.sent != rule.sent or other.seed != rule.seed:
            raise UnsupportedError(
                f"Population {who!r}: the three-factor rules of {first!r} and {name!r} want it to send different traces, third "
                "factors or random streams; a neuron of Lava sends one y1, y2 and y3 to all. Use one rule for both, or run it "
                "on the emulator."
            )
    return rule.sent, rule.seed, first
