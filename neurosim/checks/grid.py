"""Times on the grid of time steps: checks for whole steps, rounding with a warning, and limits."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.errors import NetworkError, RoundedTime, shown
from neurosim.units import FloatArray, IntArray

NOISE = 1e-6
"""Rounding error, as a fraction of a step, within which a time counts as a whole number of steps."""
MOST_STEPS = 2**31 - 1
"""Largest number of steps of a run; recordings and kernels count steps in 32 bits."""
MOST_BYTES = 1 << 31
"""Largest size of the ring buffer for delayed spikes: one number per neuron and step of the longest delay."""


@dataclass(frozen=True)
class Rounded:
    """Time in seconds that is not a whole number of steps, and its rounded value."""

    part: str
    what: str
    wanted: float
    got: float

    def __str__(self) -> str:
        return f"{self.what} of {self.part!r}, {self.wanted:g} s, becomes {self.got:g} s"


def nearest(times: Any, dt: float) -> IntArray:
    """Numbers of steps nearest to `times`."""
    return np.asarray(np.round(np.asarray(times) / dt), np.int64)


def completed(times: Any, dt: float) -> IntArray:
    """Numbers of whole steps that fit into `times`, as Brian2 counts a refractory time."""
    return np.asarray(np.floor(np.asarray(times) / dt + 1e-3), np.int64)


def whole_steps(seconds: float, dt: float, who: str) -> int:
    """Number of steps in a time, which has to be a whole number of steps and at least one.

    Raises
    ------
    NetworkError
        If it is not a whole number of steps, less than one, or too many.
    """
    steps = seconds / dt
    if not steps < MOST_STEPS or round(steps) < 1 or abs(steps - round(steps)) > NOISE * max(1.0, steps):
        raise NetworkError(f"{who}: {seconds:g} s are {steps:g} steps of {dt:g} s; expected a whole number of steps.")
    return round(steps)


def check_delays(delays: FloatArray, weights: Matrix, dt: float, neurons: int) -> None:
    """Raise NetworkError unless `delays` (seconds) fit the projection, and delayed spikes fit into memory.

    Parameters
    ----------
    weights : Matrix (n_pre, n_post)
        Weights of the projection.
    neurons : int
        Number of neurons of the whole network.
    """
    if not fit_delays(delays, weights):
        raise NetworkError(f"delay has shape {delays.shape}; expected one delay or (n_pre, n_post) = {weights.shape}.")
    if not (np.all(np.isfinite(delays)) and np.all(delays >= 0)):
        raise NetworkError(f"delay reaches {np.min(delays):g} s; expected finite delays of zero or more.")
    check_ring(float(np.max(delays, initial=0.0)) / dt, neurons, f"delay of {np.max(delays, initial=0.0):g} s")


def fit_delays(delays: Any, weights: Matrix) -> bool:
    """Whether there is one delay, one per pair of neurons, or one per synapse of a sparse matrix."""
    return delays.shape in ((), weights.shape, *([(weights.nnz,)] if isinstance(weights, sparse.csr_array) else []))


def check_ring(steps: float, neurons: int, who: str) -> None:
    """Raise NetworkError if a ring buffer of `steps` steps for `neurons` is too large, or `steps` too many for 32 bits."""
    room = (steps + 1) * neurons * 8
    if steps >= MOST_STEPS or room > MOST_BYTES:
        raise NetworkError(
            f"{who} is {steps:.10g} steps; delayed spikes of {neurons} neurons would need {room / 2**30:.3g} GiB, expected "
            f"at most {MOST_BYTES >> 30} GiB. Shorten the delay, or lengthen dt."
        )


def listed(found: Iterable[Rounded]) -> dict[str, Any]:
    """Rounded times as entry "rounded" of `Recording.info`; empty if no time was rounded."""
    changed = [asdict(one) for one in found]
    return {"rounded": changed} if changed else {}


def tell(found: Sequence[Rounded], dt: float) -> dict[str, Any]:
    """Warn about rounded times, and return them as `listed` does."""
    if not found:
        return {}
    text = "; ".join(str(one) for one in found)
    message = f"Times were rounded to whole steps of {dt:g} s: {text}. Choose a dt that divides them."
    warnings.warn(message, RoundedTime, stacklevel=3)
    return listed(found)


def steps_of(seconds: FloatArray, dt: float, given: Any) -> int:
    """Number of steps of a run, rounded; warns if the duration is not a whole number of steps.

    Raises
    ------
    NetworkError
        If it is less than one step, or more steps than can be counted.
    """
    if seconds.ndim or not np.isfinite(seconds) or np.round(seconds / dt) < 1:
        raise NetworkError(f"duration: expected one time of at least a step of {dt:g} s, found {shown(given)}.")
    if seconds / dt > MOST_STEPS:
        raise NetworkError(
            f"duration: {shown(given)} is {seconds / dt:.10g} steps of {dt:g} s; expected at most {MOST_STEPS}. "
            "Divide the run into parts, or lengthen dt."
        )
    steps = int(np.round(seconds / dt))
    if abs(seconds / dt - steps) > NOISE * max(1, steps):
        tell([Rounded("run", "duration", float(seconds), steps * dt)], dt)
    return steps
