"""The time step of the network as a parameter of a rule, for what changes continuously."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_SECONDS = 1e-3
"""Value of a time step before a rule is in a network."""


@dataclass(frozen=True)
class TimeStep:
    """Parameter whose value is the time step of the network, in seconds; see `time_step`."""

    def __repr__(self) -> str:
        return "time_step()"


def time_step() -> TimeStep:
    """Declare a parameter that is the time step of the network.

    With ``parameters={"h": time_step()}``, the update ``every={1: {"w": "rate * h"}}`` changes w by `rate` per second, whatever
    the length of a step is.
    """
    return TimeStep()
