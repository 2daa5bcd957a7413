"""What drives a network: spike trains, Poisson noise and encoded images, as source populations.

Every input turns into spikes on the step grid *before* anything runs, from its own random stream; Brian2, the emulator and
Lava then get the same spikes. An input is the `neuron` of a `Population`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import as_floats, shape_of, whole_number, whole_numbers
from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UnitError, shown
from neurosim.units import FloatArray, si, unit_of

Raster = NDArray[np.integer[Any]]
"""Payloads (0 or 1 for plain spikes), shape (steps, n)."""
_NOISE = 1e-6
"""Of a step: what floats make of halfway between two steps."""


@dataclass(frozen=True)
class Input(Described):
    """Base of all inputs."""

    in_words: ClassVar[str] = "an Input such as PoissonInput(...)"
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

    def check_step(self, dt: float, who: str) -> None:
        """Raise NetworkError if the input does not fit steps of `dt` seconds."""


@dataclass(frozen=True)
class SpikeArray(Input):
    """Given spikes: neuron `indices[k]` fires at `times[k]`.

    Times are rounded to the nearest step, from halfway on to the later one; a run that is shorter leaves out the rest. A neuron
    has one spike in a step at most, and a network whose step is too long for that is refused. Two empty lists are silence.

    Parameters
    ----------
    indices : whole numbers (spikes,)
        Which neuron.
    times : time (spikes,)
        When, in any order.
    """

    indices: Any
    times: Any

    def __post_init__(self) -> None:
        indices, times = self._indices(), self._seconds()
        if indices.shape != times.shape or indices.ndim != 1:
            raise NetworkError(
                f"SpikeArray: indices {indices.shape} and times {times.shape} must be two lists of equal length."
            )
        if times.size and not (np.all(np.isfinite(times)) and times.min() >= 0):
            raise NetworkError("SpikeArray.times: expected finite times of zero or more.")

    def _indices(self) -> NDArray[np.int64]:
        return whole_numbers(self.indices, "SpikeArray.indices")

    def _seconds(self) -> FloatArray:
        """Times in seconds; of no spikes, they need no unit."""
        unitless = shape_of(self.times) == (0,) and unit_of(self.times) == "1"
        return np.zeros(0) if unitless else si(self.times, "second", "SpikeArray.times")

    def check_size(self, n: int, who: str) -> None:
        indices = self._indices()
        if indices.size and indices.max() >= n:
            found = f"from {indices.min()} to {indices.max()}"
            raise NetworkError(f"{who}: SpikeArray.indices reach {found}; expected 0 to {n - 1}.")

    def check_step(self, dt: float, who: str) -> None:
        indices, times = self._indices(), self._seconds()
        step = _nearest_steps(times, dt)
        order = np.lexsort((times, step, indices))
        same = (np.diff(indices[order]) == 0) & (np.diff(step[order]) == 0)
        if np.any(same):
            first, second = order[np.argmax(same) : np.argmax(same) + 2]
            raise NetworkError(
                f"{who}: SpikeArray has {np.count_nonzero(same)} spikes too many: neuron {indices[first]} fires at "
                f"{times[first]:.9g} s and at {times[second]:.9g} s, in one step of {dt:g} s, and can spike once in a step. "
                "Take a shorter dt, leave spikes out, or count them: SpikeRaster(counts) with graded projections."
            )

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        out = np.zeros((steps, n), np.uint8)
        step = _nearest_steps(self._seconds(), dt)
        inside = step < steps
        out[step[inside].astype(np.int64), self._indices()[inside]] = 1
        return out


def _nearest_steps(times: FloatArray, dt: float) -> FloatArray:
    """Steps nearest to `times`, from halfway on the later one: spikes a step apart stay a step apart."""
    return np.asarray(np.floor(times / dt + (0.5 + _NOISE)))


@dataclass(frozen=True)
class SpikeRaster(Input):
    """Given payloads, shape (steps, n): 0 is silence, 1 a spike, other integers a graded spike.

    Whole numbers that fit 32 bits; in an array of truth values, True is a spike. A longer run is silent behind the last row.
    """

    values: Any

    def __post_init__(self) -> None:
        values = self._payloads()
        if values.ndim != 2:
            raise NetworkError(f"SpikeRaster.values: expected whole numbers of shape (steps, n), found shape {values.shape}.")

    def _payloads(self) -> NDArray[np.int32]:
        given, low, high = self.values, -(2**31), 2**31 - 1
        if isinstance(given, np.ndarray) and type(given) is np.ndarray and np.can_cast(given.dtype, np.int32):
            return np.asarray(given, np.int32)
        return np.asarray(whole_numbers(given, "SpikeRaster.values", low, high), np.int32)

    def check_size(self, n: int, who: str) -> None:
        found = self._payloads().shape[1]
        if found != n:
            raise NetworkError(f"{who}: SpikeRaster has {found} columns; expected one per neuron, {n}.")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        values = self._payloads()[:steps]
        return np.pad(values, ((0, steps - len(values)), (0, 0)))


@dataclass(frozen=True)
class PoissonInput(Input):
    """Independent Poisson trains: a spike in a step with probability rate * dt.

    Parameters
    ----------
    rate : hertz
        One, or one per neuron; not more than one spike in a step.
    """

    rate: Any

    def __post_init__(self) -> None:
        rate = self._hertz()
        if not (np.all(np.isfinite(rate)) and np.all(rate >= 0)):
            raise NetworkError(f"PoissonInput.rate: expected finite rates of zero or more, found {shown(self.rate)}.")

    def _hertz(self) -> FloatArray:
        return si(self.rate, "hertz", "PoissonInput.rate")

    def check_size(self, n: int, who: str) -> None:
        shape = self._hertz().shape
        if shape not in ((), (n,)):
            raise NetworkError(f"{who}: PoissonInput.rate has shape {shape}; expected a single rate or ({n},).")

    def check_step(self, dt: float, who: str) -> None:
        highest = self._hertz().max(initial=0)
        if highest * dt > 1:
            raise NetworkError(
                f"{who}: PoissonInput.rate: {highest:g} Hz is more than one spike in a step of {dt:g} s; lower the rate or dt."
            )

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        return bernoulli(self._hertz() * dt, (steps, n), rng)


def bernoulli(p: FloatArray, shape: tuple[int, ...], rng: np.random.Generator) -> Raster:
    """Ones of probability `p` (one, or one for each place of a row) in an array of `shape`.

    Rows are drawn in blocks, so that memory is that of the result; the numbers are those of one large draw.
    """
    out = np.empty(shape, np.uint8)
    rows = max(1, _BLOCK // max(1, math.prod(shape[1:])))
    for start in range(0, shape[0], rows):
        block = out[start : start + rows]
        np.less(rng.random(block.shape), p, out=block, casting="unsafe")
    return out


_BLOCK = 1 << 18
"""Random numbers that are drawn at a time."""


class Encoder(Protocol):
    """Turns intensities from 0 to 1 into spikes, such as RateCoding(20)."""

    steps: int

    def encode(self, intensity: NDArray[np.floating[Any]], rng: np.random.Generator) -> Raster:
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

    def __post_init__(self) -> None:
        whole_number(getattr(self.encoder, "steps", None), "ImageInput.encoder: its number of steps", 1)

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
        whole_number(self.step, "LabelInput.step")

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Silence: a sample without a label."""
        return np.zeros((steps, n), np.uint8)


def check_labels(labels: Any, n: int, samples: int, who: str) -> NDArray[np.int64]:
    """`labels` as `samples` whole numbers from 0 to n - 1."""
    array = whole_numbers(labels, f"{who}: labels", 0, n - 1)
    if array.shape != (samples,):
        raise NetworkError(f"{who}: labels have shape {array.shape}; expected one per sample, ({samples},).")
    return array


def check_images(images: Any, n: int, who: str) -> NDArray[np.float32]:
    """`images` as float32 `(samples, n)` within 0..1, of one sample at least."""
    if unit_of(images) != "1":
        raise UnitError(f"{who}: images are in {unit_of(images)}; expected plain numbers from 0 to 1.")
    usual = type(images) is np.ndarray and images.dtype.kind in "biuf"
    array = np.asarray(images if usual else as_floats(images, f"{who}: images"), np.float32)
    if array.ndim != 2 or array.shape[1] != n or not len(array):
        raise NetworkError(f"{who}: images have shape {array.shape}; expected (n_samples, {n}), of one sample at least.")
    if not np.all((array >= 0) & (array <= 1)):
        raise NetworkError(f"{who}: image intensities must lie from 0 to 1; divide by the largest grey value.")
    return array
