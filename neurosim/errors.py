"""Every error neurosim raises on purpose: who, what was found, what was expected, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 6
"""Elements of an array that a message shows."""
_WIDEST = 200
"""Letters of a value that a message shows."""


class NeurosimError(Exception):
    """Base of all errors that a user can mend; the command line prints it as one line and exits with 1."""


class NetworkError(NeurosimError, ValueError):
    """A description (network, neuron, projection, input, probe) is not valid."""


class UnitError(NetworkError):
    """A quantity has the wrong physical dimension."""


class DataError(NeurosimError):
    """A data set or a file of results is missing, damaged or not what its name says."""


class ContentError(NeurosimError):
    """A model, target or experiment of that name does not exist."""


class TargetError(NeurosimError):
    """A hardware target file is missing or malformed."""


class QuantisationError(NeurosimError):
    """A value does not fit the fields of the target."""


class UnsupportedError(NeurosimError):
    """A backend cannot do what the network asks; names the feature and who can do it."""


class SimulationError(NeurosimError):
    """Brian2 failed while it ran a valid description."""


class LavaError(NeurosimError):
    """Lava failed in its child process; carries Lava's own traceback."""


class UsageError(NeurosimError):
    """Arguments that do not go together."""


class UncheckedFile(UserWarning):
    """A file without a checksum was read: one of an older version, or made by another program."""


class RoundedTime(UserWarning):
    """A delay, a refractory time or a duration is no whole number of steps and was rounded."""


def shown(value: Any) -> str:
    """`value` in a message: in one line, cut off where it is long, and only the shape of a long array."""
    if getattr(value, "size", 1) > _LONGEST:
        return f"an array of shape {value.shape}"
    text = str(value) if hasattr(value, "dim") else repr(value)
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}..."


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> str:
    """Message for a name that is not in `valid`, with the nearest valid one."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Unknown {kind} {name!r}: expected one of {', '.join(names) or '(none)'}.{hint}"
