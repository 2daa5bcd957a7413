"""What drives a network: spike trains, Poisson noise and encoded images, as source populations.

Every input turns into spikes on the step grid *before* anything runs, from its own random stream; Brian2, the emulator and
Lava then get the same spikes. An input is the `neuron` of a `Population`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.described import Described
from neurosim.errors import NetworkError, shown
from neurosim.units import FloatArray, si

Raster = NDArray[np.integer[Any]]
"""Payloads (0 or 1 for plain spikes), shape (steps, n)."""


@dataclass(frozen=True)
class Input(Described):
    """Base of all inputs."""

    channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Events that a plasticity rule can listen to."""
    graded_channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Those that may come with a whole number."""
    modulators: ClassVar[tuple[str, ...]] = ()

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Spikes of one run, shape (steps, n)."""
        raise NotImplementedError

    def check_size(self, n: int, who: str) -> None:
        """Raise NetworkError if the input does not fit `n` neurons."""


@dataclass(frozen=True)
class SpikeArray(Input):
    """Given spikes: neuron `indices[k]` fires at `times[k]`.

    Times are rounded to the nearest step; a run that is shorter leaves out the rest.
    """

    indices: Any
    times: Any

    def __post_init__(self) -> None:
        indices, times = np.asarray(self.indices), si(self.times, "second", "SpikeArray.times")
        if indices.shape != times.shape or indices.ndim != 1:
            raise NetworkError(
                f"SpikeArray: indices {indices.shape} and times {times.shape} must be two lists of equal length."
            )
        if times.size and not (np.all(np.isfinite(times)) and times.min() >= 0):
            raise NetworkError("SpikeArray.times: expected finite times of zero or more.")

    def check_size(self, n: int, who: str) -> None:
        indices = np.asarray(self.indices)
        if indices.size and not (indices.min() >= 0 and indices.max() < n):
            found = f"from {indices.min()} to {indices.max()}"
            raise NetworkError(f"{who}: SpikeArray.indices reach {found}; expected 0 to {n - 1}.")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        out = np.zeros((steps, n), np.uint8)
        step = np.round(si(self.times, "second", "times") / dt).astype(np.int64)
        inside = step < steps
        out[step[inside], np.asarray(self.indices)[inside]] = 1
        return out


@dataclass(frozen=True)
class SpikeRaster(Input):
    """Given payloads, shape (steps, n): 0 is silence, 1 a spike, other integers a graded spike."""

    values: Any

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim != 2 or not np.all(np.equal(np.mod(values, 1), 0)):
            raise NetworkError(f"SpikeRaster.values: expected whole numbers of shape (steps, n), found shape {values.shape}.")

    def check_size(self, n: int, who: str) -> None:
        found = np.shape(self.values)[1]
        if found != n:
            raise NetworkError(f"{who}: SpikeRaster has {found} columns; expected one a neuron, {n}.")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        values = np.asarray(self.values, np.int32)[:steps]
        return np.pad(values, ((0, steps - len(values)), (0, 0)))


@dataclass(frozen=True)
class PoissonInput(Input):
    """Independent Poisson trains: a spike in a step with probability rate * dt.

    Parameters
    ----------
    rate : hertz
        One, or one a neuron.
    """

    rate: Any

    def __post_init__(self) -> None:
        rate = si(self.rate, "hertz", "PoissonInput.rate")
        if not (np.all(np.isfinite(rate)) and np.all(rate >= 0)):
            raise NetworkError(f"PoissonInput.rate: expected finite rates of zero or more, found {shown(self.rate)}.")

    def check_size(self, n: int, who: str) -> None:
        shape = np.shape(self.rate)
        if shape not in ((), (n,)):
            raise NetworkError(f"{who}: PoissonInput.rate has shape {shape}; expected a single rate or ({n},).")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        p = si(self.rate, "hertz", "PoissonInput.rate") * dt
        if np.any(p > 1):
            raise NetworkError(
                f"PoissonInput.rate: {np.max(p) / dt:g} Hz is more than one spike in a step of {dt:g} s; lower the rate or dt."
            )
        return (rng.random((steps, n)) < p).astype(np.uint8)


class Encoder(Protocol):
    """Turns intensities from 0 to 1 into spikes."""

    steps: int

    def encode(self, intensity: FloatArray, rng: np.random.Generator) -> Raster:
        """Spikes `(steps, ...)` of intensities `(...)`."""
        ...


@dataclass(frozen=True)
class ImageInput(Input):
    """A source that is shown one image a sample; the images come with the call that runs the network.

    Parameters
    ----------
    encoder : RateCoding, PoissonCoding or LatencyCoding
        How an intensity becomes spikes.
    """

    encoder: Encoder

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        raise NetworkError(
            "ImageInput has no spikes of its own: pass images=... (n_samples, n) with intensities from 0 to 1 to the run."
        )


@dataclass(frozen=True)
class LabelInput(Input):
    """A source with one neuron a class, of which the label's spikes once a sample; labels come with the run.

    Parameters
    ----------
    step : int
        When in a sample.
    """

    step: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.step, bool) or not isinstance(self.step, int | np.integer) or self.step < 0:
            raise NetworkError(f"LabelInput.step = {self.step!r}; expected a whole number of at least 0.")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Silence: a sample without a label."""
        return np.zeros((steps, n), np.uint8)


def check_labels(labels: Any, n: int, samples: int, who: str) -> NDArray[np.int64]:
    """`labels` as `samples` whole numbers from 0 to n - 1."""
    array = np.asarray(labels)
    if array.shape != (samples,) or not np.issubdtype(array.dtype, np.integer):
        raise NetworkError(
            f"{who}: labels are {array.dtype} of shape {array.shape}; expected whole numbers, one a sample ({samples})."
        )
    if array.size and not (array.min() >= 0 and array.max() < n):
        raise NetworkError(f"{who}: labels reach from {array.min()} to {array.max()}; expected 0 to {n - 1}.")
    return array.astype(np.int64)


def check_images(images: Any, n: int, who: str) -> FloatArray:
    """`images` as float32 `(samples, n)` within 0..1."""
    array = np.asarray(images, np.float32)
    if array.ndim != 2 or array.shape[1] != n:
        raise NetworkError(f"{who}: images have shape {array.shape}; expected (n_samples, {n}).")
    if not np.all((array >= 0) & (array <= 1)):
        raise NetworkError(f"{who}: image intensities must lie from 0 to 1; divide by the largest grey value.")
    return array  # type: ignore[return-value]
