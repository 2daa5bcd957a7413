"""Inputs of a network: spike trains, Poisson noise and encoded images, as source populations.

The spikes of every input are computed on the grid of time steps *before* a run, from a random stream of its own. Brian2, the
emulator and Lava therefore receive the same spikes. An input is the `neuron` of a `Population`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import as_floats, shape_of, whole_number, whole_numbers
from neurosim.checks.described import Described
from neurosim.draws import bernoulli, poisson_counts
from neurosim.errors import NetworkError, UnitError
from neurosim.network.rates import check_period, check_rates_of, checked_rates, rates_of
from neurosim.units import FloatArray, si, unit_of

Raster = NDArray[np.integer[Any]]
"""Array of payloads (0 or 1 for plain spikes) of shape (steps, n)."""
Events = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Step, neuron and payload of each spike."""
_NOISE = 1e-6
"""Rounding error, as a fraction of a step, of a time that is halfway between two steps."""


@dataclass(frozen=True)
class Input(Described):
    """Base of all inputs."""

    in_words: ClassVar[str] = "an Input such as PoissonInput(...)"
    channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Kinds of events that a projection can carry and a plasticity rule can use."""
    graded_channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Channels whose events may carry a whole number."""
    modulators: ClassVar[tuple[str, ...]] = ()

    def raster(self, n: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Spikes of one run, of shape (steps, n)."""
        return self.piece(n, 0, steps, dt, rng)

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Spikes (steps, n) from step `first` on; pieces of one run are drawn in order, from one `rng`."""
        raise NotImplementedError(f"{type(self).__name__} does not say which spikes it sends.")

    def check_size(self, n: int, who: str) -> None:
        """Raise NetworkError if the input does not fit `n` neurons."""

    def check_step(self, dt: float, who: str) -> None:
        """Raise NetworkError if the input does not fit steps of `dt` seconds."""

    def check_graded(self, graded: bool, who: str) -> None:
        """Raise NetworkError if a projection that is `graded` or not would lose what the input sends."""


@dataclass(frozen=True)
class SpikeArray(Input):
    """Input of given spikes: neuron `indices[k]` fires at `times[k]`.

    Times are rounded to the nearest step; halfway between two steps, to the later one. A shorter run leaves out later spikes.
    A neuron can have at most one spike per step, and a network with a time step that is too long raises an error. Two empty
    lists mean no spikes.

    Parameters
    ----------
    indices : whole numbers (spikes,)
        Index of the neuron of each spike.
    times : time (spikes,)
        Time of each spike, in any order.
    """

    indices: Any
    times: Any

    def __post_init__(self) -> None:
        indices, times = self._indices(), self._seconds()
        if indices.shape != times.shape or indices.ndim != 1:
            raise NetworkError(
                f"SpikeArray: indices have shape {indices.shape} and times {times.shape}; expected two lists of equal length."
            )
        if times.size and not (np.all(np.isfinite(times)) and times.min() >= 0):
            raise NetworkError("SpikeArray.times: expected finite times of zero or more.")

    def _indices(self) -> NDArray[np.int64]:
        return whole_numbers(self.indices, "SpikeArray.indices")

    def _seconds(self) -> FloatArray:
        """Times in seconds; an empty list needs no unit."""
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
                f"{times[first]:.9g} s and at {times[second]:.9g} s, in one step of {dt:g} s, but can spike once per step. "
                "Use a shorter dt, leave out spikes, or count them: SpikeRaster(counts) with graded projections."
            )

    def events(self, dt: float) -> Events:
        """Step, neuron and payload of each spike."""
        indices = self._indices()
        return _nearest_steps(self._seconds(), dt).astype(np.int64), indices, np.ones_like(indices)

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        out = np.zeros((steps, n), np.uint8)
        step = _nearest_steps(self._seconds(), dt) - first
        inside = (step >= 0) & (step < steps)
        out[step[inside].astype(np.int64), self._indices()[inside]] = 1
        return out


def _nearest_steps(times: FloatArray, dt: float) -> FloatArray:
    """Steps nearest to `times`; halfway, the later one, so that spikes one step apart stay one step apart."""
    return np.asarray(np.floor(times / dt + (0.5 + _NOISE)))


@dataclass(frozen=True)
class SpikeRaster(Input):
    """Input of given payloads, an array of shape (steps, n): 0 is no spike, 1 a spike, other integers a graded spike.

    Payloads are whole numbers that fit into 32 bits; in a Boolean array, True is a spike. In a longer run, there are no spikes
    after the last row.

    Parameters
    ----------
    values : array (steps, n)
        Payloads; the numbers are whole and fit into 32 bits.
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

    def events(self, dt: float) -> Events:
        """Step, neuron and payload of each spike."""
        values = self._payloads()
        step, neuron = np.nonzero(values)
        return step, neuron, values[step, neuron].astype(np.int64)

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        values = self._payloads()[first : first + steps]
        return np.pad(values, ((0, steps - len(values)), (0, 0)))


@dataclass(frozen=True)
class PoissonInput(Input):
    """Input of independent Poisson spike trains: a spike in a step with probability rate * dt.

    Parameters
    ----------
    rate : hertz
        Rate: one value, or one per neuron; ``Timed(rates, every=...)`` changes it in time. At most one spike per step; for
        higher rates see `PoissonCounts`.
    """

    rate: Any

    def __post_init__(self) -> None:
        checked_rates(self.rate, "PoissonInput.rate")

    def check_size(self, n: int, who: str) -> None:
        check_rates_of(self.rate, n, f"{who}: PoissonInput.rate")

    def check_step(self, dt: float, who: str) -> None:
        check_period(self.rate, dt, f"{who}: PoissonInput.rate")
        highest = checked_rates(self.rate, "PoissonInput.rate").max(initial=0)
        if highest * dt > 1:
            raise NetworkError(
                f"{who}: PoissonInput.rate: {highest:g} Hz is more than one spike per step of {dt:g} s; lower the rate or "
                "dt, or use PoissonCounts, which sends how many there were."
            )

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        return bernoulli(rates_of(self.rate, first, steps, dt, "PoissonInput.rate") * dt, (steps, n), rng)


@dataclass(frozen=True)
class PoissonCounts(Input):
    """Input of independent Poisson trains of any rate, several spikes per step: it sends their number as a graded spike.

    The projections from it need ``graded=True``, so that the number multiplies the weight: many sources at a high rate become
    one, such as 1000 inputs of 8 Hz with the same weight ``PoissonCounts(8000 * Hz)``.

    Parameters
    ----------
    rate : hertz
        Rate: one value, or one per neuron; ``Timed(rates, every=...)`` changes it in time.
    """

    rate: Any

    def __post_init__(self) -> None:
        checked_rates(self.rate, "PoissonCounts.rate")

    def check_size(self, n: int, who: str) -> None:
        check_rates_of(self.rate, n, f"{who}: PoissonCounts.rate")

    def check_graded(self, graded: bool, who: str) -> None:
        if not graded:
            raise NetworkError(f"{who}: PoissonCounts sends numbers of spikes, which the projection ignores; set graded=True.")

    def check_step(self, dt: float, who: str) -> None:
        check_period(self.rate, dt, f"{who}: PoissonCounts.rate")
        highest = checked_rates(self.rate, "PoissonCounts.rate").max(initial=0)
        if highest * dt > _MOST_COUNTED:
            raise NetworkError(
                f"{who}: PoissonCounts.rate: {highest:g} Hz are {highest * dt:g} spikes per step of {dt:g} s; expected at most "
                f"{_MOST_COUNTED:g}. Lower the rate or dt."
            )

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        return poisson_counts(rates_of(self.rate, first, steps, dt, "PoissonCounts.rate") * dt, (steps, n), rng)


_MOST_COUNTED = 1e6
"""Largest mean number of spikes per step and neuron."""


class Encoder(Protocol):
    """Turns intensities from 0 to 1 into spikes, such as RateCoding(20)."""

    steps: int

    def encode(self, intensity: NDArray[np.floating[Any]], rng: np.random.Generator) -> Raster:
        """Spikes of shape `(steps, ...)` for intensities of shape `(...)`."""
        ...


@dataclass(frozen=True)
class ImageInput(Input):
    """Input that shows one image per sample; pass the images to the call that runs the network.

    Parameters
    ----------
    encoder : RateCoding, PoissonCoding or LatencyCoding
        Encoder that converts intensities to spikes.
    """

    encoder: Encoder

    def __post_init__(self) -> None:
        whole_number(getattr(self.encoder, "steps", None), "ImageInput.encoder: its number of steps", 1)

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        raise NetworkError(
            "ImageInput has no spikes without images: pass images=... (n_samples, n) with intensities from 0 to 1 to the run."
        )


@dataclass(frozen=True)
class LabelInput(Input):
    """Input with one neuron per class; the neuron of the label spikes once per sample. Pass the labels to the run.

    Parameters
    ----------
    step : int
        Step of the spike within a sample.
    """

    step: int = 0

    def __post_init__(self) -> None:
        whole_number(self.step, "LabelInput.step")

    def piece(self, n: int, first: int, steps: int, dt: float, rng: np.random.Generator) -> Raster:
        """Raster without spikes, for a sample without a label."""
        return np.zeros((steps, n), np.uint8)


def check_labels(labels: Any, n: int, samples: int, who: str) -> NDArray[np.int64]:
    """Check that `labels` are `samples` whole numbers from 0 to n - 1, and return them as an array."""
    array = whole_numbers(labels, f"{who}: labels", 0, n - 1)
    if array.shape != (samples,):
        raise NetworkError(f"{who}: labels have shape {array.shape}; expected one per sample, ({samples},).")
    return array


def check_images(images: Any, n: int, who: str) -> NDArray[np.float32]:
    """Check `images`, and return them as float32 of shape `(samples, n)`, from 0 to 1, with at least one sample."""
    if unit_of(images) != "1":
        raise UnitError(f"{who}: images are in {unit_of(images)}; expected plain numbers from 0 to 1.")
    usual = type(images) is np.ndarray and images.dtype.kind in "biuf"
    array = np.asarray(images if usual else as_floats(images, f"{who}: images"), np.float32)
    if array.ndim != 2 or array.shape[1] != n or not len(array):
        raise NetworkError(f"{who}: images have shape {array.shape}; expected (n_samples, {n}), with at least one sample.")
    if not np.all((array >= 0) & (array <= 1)):
        raise NetworkError(f"{who}: image intensities must be from 0 to 1; divide by the largest grey value.")
    return array
