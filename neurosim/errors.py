"""Errors that neurosim raises deliberately. A message names the object, the value found, the expectation and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 6
"""Largest number of array elements that a message shows."""
_WIDEST = 200
"""Largest number of characters of a value that a message shows."""


class NeurosimError(Exception):
    """Base of all errors that a user can correct; the command line prints them in one line and exits with 1."""


class NetworkError(NeurosimError, ValueError):
    """A description (network, neuron, projection, input, probe) is not valid."""


class OutOfRangeError(NetworkError):
    """A number that a chip cannot hold.

    Parameters
    ----------
    who : str
        What was set, for the message.
    found, low, high : float
        The number, and the least and the largest one that are possible, in the unit in which it was set.
    expected : str
        What was expected, and how to mend it, for the message.
    """

    def __init__(self, who: str, found: float, low: float, high: float, expected: str) -> None:
        super().__init__(f"{who}: found {found:.15g}; {expected}")
        self.who, self.found, self.low, self.high = who, found, low, high


class UnitError(NetworkError):
    """A quantity has the wrong physical dimension."""


class DataError(NeurosimError):
    """A data set or a file of results is missing or damaged, or its content does not fit its name."""


class ContentError(NeurosimError):
    """A model, target or experiment with the given name does not exist."""


class TargetError(NeurosimError):
    """A hardware target file is missing or malformed."""


class QuantisationError(NeurosimError):
    """A value does not fit the fields of the target."""


class UnsupportedError(NeurosimError):
    """A backend does not support a feature of the network; the message names the feature and the backends that do."""


class SimulationError(NeurosimError):
    """Brian2 failed while it ran a valid description."""


class LavaError(NeurosimError):
    """Lava failed in its child process; the message contains Lava's own traceback."""


class NestError(NeurosimError):
    """NEST failed in its child process; the message contains NEST's own traceback."""


class UsageError(NeurosimError):
    """Arguments of a call are unknown, have the wrong type, or do not fit together."""


class UncheckedFile(UserWarning):
    """A file without a checksum was read; an older version or another program has written it."""


class RoundedTime(UserWarning):
    """A delay, a refractory time or a duration is not a whole number of steps and was rounded."""


def shown(value: Any) -> str:
    """Text of `value` for a message: one line, shortened if it is long, and only the shape of a long array."""
    if not isinstance(value, type) and hasattr(value, "shape") and getattr(value, "size", 1) > _LONGEST:
        return f"an array of shape {value.shape}"
    text = str(value) if hasattr(value, "dim") else repr(value)
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}..."


_LISTED = 100
"""Largest number of names that a message lists."""


def unknown_name(kind: str, name: Any, valid: Iterable[str]) -> str:
    """Message for a name that is not in `valid`, with the most similar valid name; of very many, only similar ones."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1) if isinstance(name, str) else []
    hint = f" Did you mean {near[0]!r}?" if near else ""
    expected = f"one of {', '.join(names) or '(none)'}"
    if len(names) > _LISTED:
        similar = difflib.get_close_matches(str(name), names, n=8, cutoff=0.2)
        expected = f"one of {len(names)} names, such as {', '.join(similar or names[:8])}"
    return f"Unknown {kind} {name!r}: expected {expected}.{hint}"
