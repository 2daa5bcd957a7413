"""Recorded quantities by name; the error for a missing one lists those that exist, and how to record it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from neurosim.display.equality import same
from neurosim.display.short import LONGEST, cut, listed
from neurosim.errors import NetworkError

K = TypeVar("K")
V = TypeVar("V")


class NotRecordedError(NetworkError, KeyError):
    """A quantity was requested from a recording that the run did not record."""

    def __str__(self) -> str:
        # KeyError would return the repr of the message.
        return str(self.args[0])


class Recorded(dict[K, V]):
    """A dictionary that raises `NotRecordedError` for a missing key.

    Parameters
    ----------
    values : mapping
        Recorded quantities.
    kind : str
        Name of the quantities in the plural, such as "states", for messages.
    remedy : function
        Function from a key to a sentence on how to record it.
    """

    # The defaults are needed because `dataclasses.asdict` copies a dictionary by passing only its items.
    def __init__(
        self,
        values: Mapping[K, V] | Iterable[tuple[K, V]],
        kind: str = "part",
        remedy: Callable[[Any], str] = lambda key: "Choose one of these.",
    ) -> None:
        super().__init__(values)
        self._kind, self._remedy = kind, remedy

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return same(dict(self), other)

    # A dictionary has a comparison of its own for this operator.
    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        shapes = {key: getattr(getattr(value, "values", value), "shape", "") for key, value in self.items()}
        return cut(f"<{self._kind}: {listed({repr(key): shape for key, shape in shapes.items()}) or 'none'}>", LONGEST)

    def __missing__(self, key: Any) -> V:
        there = ", ".join(map(repr, self)) or "none"
        raise NotRecordedError(f"Recording has no {self._kind} {key!r}; it has {there}. {self._remedy(key)}")


def of_state(key: Any) -> str:
    """Sentence on how to record a state."""
    if not (isinstance(key, tuple) and len(key) == 2):
        return 'Use population and variable as the key: recording.states["cells", "v"].'
    return f"To record it, add Probe({key[0]!r}, {key[1]!r}) to the network."


def of_synapse(key: Any) -> str:
    """Sentence on how to record a quantity of synapses."""
    if not (isinstance(key, tuple) and len(key) == 2):
        return 'Use projection and variable as the key: recording.synapses["pre_post", "tag"].'
    return f"To record it, add Probe({key[0]!r}, {key[1]!r}, every=10*ms) to the network."


def of_weight(key: Any) -> str:
    """Sentence on how to record weights."""
    return f'Weights that do not learn are recorded only with a probe: add Probe({key!r}, "w", every=10*ms) to the network.'


def of_spikes(key: Any) -> str:
    """Sentence on how to get spikes."""
    return "Spikes of every population are recorded; use the name of a population as the key."
