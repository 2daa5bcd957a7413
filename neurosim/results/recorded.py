"""What a run recorded, by name: asking for something else says what there is and how to get the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from neurosim.errors import NetworkError

K = TypeVar("K")
V = TypeVar("V")


class NotRecordedError(NetworkError, KeyError):
    """Something was asked of a recording that the run did not record."""

    def __str__(self) -> str:
        # That of KeyError is the repr of the message.
        return str(self.args[0])


class Recorded(dict[K, V]):
    """A dictionary whose missing keys are a `NotRecordedError`.

    Parameters
    ----------
    values : mapping
        What was recorded.
    kind : str
        What they are, in plural: "states".
    remedy : function
        Key -> how to record it.
    """

    # `dataclasses.asdict` makes a copy of each dictionary out of its items alone.
    def __init__(
        self,
        values: Mapping[K, V] | Iterable[tuple[K, V]],
        kind: str = "part",
        remedy: Callable[[Any], str] = lambda key: "Ask for one of these.",
    ) -> None:
        super().__init__(values)
        self._kind, self._remedy = kind, remedy

    def __missing__(self, key: Any) -> V:
        there = ", ".join(map(repr, self)) or "none"
        raise NotRecordedError(f"Recording has no {self._kind} {key!r}, but {there}. {self._remedy(key)}")


def of_state(key: Any) -> str:
    """How to record a state."""
    if not (isinstance(key, tuple) and len(key) == 2):
        return 'Ask by population and variable: recording.states["cells", "v"].'
    return f"Give the network Probe({key[0]!r}, {key[1]!r})."


def of_synapse(key: Any) -> str:
    """How to record a quantity of synapses."""
    if not (isinstance(key, tuple) and len(key) == 2):
        return 'Ask by projection and variable: recording.synapses["pre_post", "tag"].'
    return f"Give the network Probe({key[0]!r}, {key[1]!r}, every=10*ms)."


def of_weight(key: Any) -> str:
    """How to record weights."""
    return f'Weights that do not learn are recorded where a probe asks for them: Probe({key!r}, "w", every=10*ms).'


def of_spikes(key: Any) -> str:
    """How to record spikes."""
    return "Spikes of every population are recorded; ask by the name of one."
