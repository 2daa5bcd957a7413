"""Random streams and coded images as arrays. It needs only NumPy; a copy lies beside every graph that is exported for Lava."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 18
"""Number of random numbers that are drawn at a time."""


def generator(seed: int, names: tuple[str | int, ...]) -> np.random.Generator:
    """Generator of the part called `names` under the root `seed`."""
    key = tuple(n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def bernoulli(p: NDArray[np.floating[Any]], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Array of `shape` whose entries are 1 with probability `p`, which fits the shape or its rows, and 0 otherwise.

    Rows are drawn in blocks, so that little more memory than that of the result is needed. The random numbers are the same as
    in a single draw.
    """
    out = np.empty(shape, np.uint8)
    rows = max(1, _BLOCK // max(1, math.prod(shape[1:])))
    by_row = p.ndim == len(shape)
    for start in range(0, shape[0], rows):
        block = out[start : start + rows]
        np.less(rng.random(block.shape), p[start : start + rows] if by_row else p, out=block, casting="unsafe")
    return out


def poisson_counts(mean: NDArray[np.floating[Any]], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int32]:
    """Numbers of events (steps, n) with mean `mean`; one step at a time, so that where a run is cut does not matter."""
    out = np.empty(shape, np.int32)
    for row, of_step in zip(out, np.broadcast_to(mean, shape), strict=True):
        row[...] = rng.poisson(of_step)
    return out


def rate_coded(intensity: NDArray[np.floating[Any]], steps: int) -> NDArray[np.uint8]:
    """Spikes (steps, ...) of integrate-and-fire encoders without leak, summed in float32."""
    u = np.zeros(intensity.shape, np.float32)
    out = np.zeros((steps, *intensity.shape), np.uint8)
    for k in range(steps):
        u += intensity.astype(np.float32)
        out[k] = u >= 1
        u -= out[k].astype(np.float32)
    return out


def poisson_coded(
    intensity: NDArray[np.floating[Any]], steps: int, max_probability: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Spikes (steps, ...), each with probability intensity * max_probability."""
    p = np.asarray(intensity) * max_probability
    return bernoulli(p, (steps, *p.shape), rng)


def latency_coded(intensity: NDArray[np.floating[Any]], steps: int, threshold: float) -> NDArray[np.uint8]:
    """Spikes (steps, ...), one per element that reaches `threshold`, earlier for larger ones."""
    x = np.asarray(intensity)
    when = np.round((1 - x) * (steps - 1)).astype(np.int64)
    step = np.arange(steps).reshape(-1, *(1,) * x.ndim)
    return np.asarray((step == when) & (x >= threshold), np.uint8)
