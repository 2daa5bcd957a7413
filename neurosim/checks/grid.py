"""Times on the grid of steps: which must be whole steps, which are rounded and said to be, and which are too long."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, RoundedTime, shown
from neurosim.units import FloatArray, IntArray

NOISE = 1e-6
"""Of a step: what floats make of a whole number of steps."""
MOST_STEPS = 2**31 - 1
"""Recordings and kernels count steps in 32 bits."""
MOST_BYTES = 1 << 31
"""Of the ring that holds what is on its way: one number for each neuron and each step of the longest delay."""


@dataclass(frozen=True)
class Rounded:
    """A time in seconds that is no whole number of steps, and what became of it."""

    part: str
    what: str
    wanted: float
    got: float

    def __str__(self) -> str:
        return f"{self.what} of {self.part!r}, {self.wanted:g} s, becomes {self.got:g} s"


def nearest(times: Any, dt: float) -> IntArray:
    """Steps nearest to `times`."""
    return np.asarray(np.round(np.asarray(times) / dt), np.int64)


def completed(times: Any, dt: float) -> IntArray:
    """Steps that fit into `times`, as Brian2 counts a refractory time."""
    return np.asarray(np.floor(np.asarray(times) / dt + 1e-3), np.int64)


def whole_steps(seconds: float, dt: float, who: str) -> int:
    """Steps in a time that is a whole number of them, at least one.

    Raises
    ------
    NetworkError
        If it is not.
    """
    steps = seconds / dt
    if not steps < MOST_STEPS or round(steps) < 1 or abs(steps - round(steps)) > NOISE * max(1.0, steps):
        raise NetworkError(f"{who}: {seconds:g} s are {steps:g} steps of {dt:g} s; expected a whole number of steps.")
    return round(steps)


def check_delays(delays: FloatArray, shape: tuple[int, int], dt: float, neurons: int) -> None:
    """Raise NetworkError unless `delays` (seconds) fit the projection, and what is on its way fits into memory.

    Parameters
    ----------
    shape : (n_pre, n_post)
    neurons : int
        Of the whole network.
    """
    if delays.shape not in ((), shape):
        raise NetworkError(f"delay has shape {delays.shape}; expected one delay or (n_pre, n_post) = {shape}.")
    if not (np.all(np.isfinite(delays)) and np.all(delays >= 0)):
        raise NetworkError(f"delay reaches {np.min(delays):g} s; expected finite delays of zero or more.")
    check_ring(float(np.max(delays, initial=0.0)) / dt, neurons, f"delay of {np.max(delays, initial=0.0):g} s")


def check_ring(steps: float, neurons: int, who: str) -> None:
    """Raise NetworkError if a ring of `steps` steps for `neurons` does not fit into memory, or into 32 bits."""
    room = (steps + 1) * neurons * 8
    if steps >= MOST_STEPS or room > MOST_BYTES:
        raise NetworkError(
            f"{who} is {steps:.10g} steps; what is on its way to {neurons} neurons would take {room / 2**30:.3g} GiB, and the "
            f"most is {MOST_BYTES >> 30} GiB. Shorten the delay, or lengthen dt."
        )


def listed(found: Iterable[Rounded]) -> dict[str, Any]:
    """What was rounded, for `Recording.info`, under "rounded"; nothing if nothing was."""
    changed = [asdict(one) for one in found]
    return {"rounded": changed} if changed else {}


def tell(found: Sequence[Rounded], dt: float) -> dict[str, Any]:
    """`listed`, with a warning."""
    if not found:
        return {}
    text = "; ".join(str(one) for one in found)
    warnings.warn(f"Times are whole steps of {dt:g} s: {text}. Choose a dt that divides them.", RoundedTime, stacklevel=3)
    return listed(found)


def steps_of(seconds: FloatArray, dt: float, given: Any) -> int:
    """Steps of a run, the nearest number of them; warns where the duration is no whole number.

    Raises
    ------
    NetworkError
        If that is less than one, or more than are counted.
    """
    if seconds.ndim or not np.isfinite(seconds) or seconds < dt / 2:
        raise NetworkError(f"duration: expected one time of at least a step of {dt:g} s, found {shown(given)}.")
    if seconds / dt > MOST_STEPS:
        raise NetworkError(
            f"duration: {shown(given)} is {seconds / dt:.10g} steps of {dt:g} s, and recordings count {MOST_STEPS}; "
            "run it in parts, or lengthen dt."
        )
    steps = int(np.round(seconds / dt))
    if abs(seconds / dt - steps) > NOISE * max(1, steps):
        tell([Rounded("run", "duration", float(seconds), steps * dt)], dt)
    return steps
