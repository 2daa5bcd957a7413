"""Measures of spike trains.

Each function takes a `Recording` and the name of a population, and its docstring states the unit of the result. Samples are
treated as independent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurosim.checks.given import seconds
from neurosim.errors import NetworkError, UsageError, unknown_name
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from neurosim.units import FloatArray


def mean_rate(recording: Recording, population: str) -> float:
    """Mean rate of a population in Hz, over all neurons and samples.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.

    Raises
    ------
    NetworkError
        If the recording has no such population.
    """
    return float(recording.rates(population).mean())


def intervals(recording: Recording, population: str) -> FloatArray:
    """All interspike intervals in seconds, within a neuron and a sample, in order of sample and neuron.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.

    Raises
    ------
    NetworkError
        If the recording has no such population.
    """
    who, step = _trains(recording, population)
    return np.asarray(np.diff(step)[np.diff(who) == 0] * recording.dt, np.float64)


def cv(recording: Recording, population: str) -> float:
    """Coefficient of variation of the interspike intervals (1: Poisson, 0: regular), mean over trains with at least 3 spikes.

    NaN if no train is that long. No bins are used; the standard deviation divides by n, not by n - 1.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.

    Raises
    ------
    NetworkError
        If the recording has no such population.
    """
    who, step = _trains(recording, population)
    gaps, same = np.diff(step) * recording.dt, np.diff(who) == 0
    owner, gap = who[1:][same], gaps[same]
    _, first, count = np.unique(owner, return_index=True, return_counts=True)
    each = [g.std() / g.mean() for g in np.split(gap, first[1:]) if len(g) > 1] if len(count) else []
    return float(np.mean(each)) if each else float("nan")


def fano(recording: Recording, population: str, window: float) -> float:
    """Fano factor: variance over mean of the spike counts in windows of `window` seconds (1: Poisson).

    The result has no unit and is the mean over the neurons that spike.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    counts = binned(recording, population, window)
    pooled = counts.reshape(-1, counts.shape[2])
    mean, variance = pooled.mean(axis=0), pooled.var(axis=0)
    active = mean > 0
    return float((variance[active] / mean[active]).mean()) if active.any() else float("nan")


def synchrony(recording: Recording, population: str, window: float) -> float:
    """Synchrony measure chi of Golomb and Rinzel of the spike counts in windows of `window` seconds (no unit).

    It is 0 for asynchronous and 1 for fully synchronous spikes: the fluctuation of the population mean over time, relative to
    that of single neurons; doi:10.1016/0167-2789(94)90214-3.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    counts = binned(recording, population, window)
    together, single = counts.mean(axis=2).var(axis=1), counts.var(axis=1).mean(axis=1)
    active = single > 0
    return float(np.sqrt(together[active] / single[active]).mean()) if active.any() else float("nan")


def correlations(recording: Recording, population: str, window: float) -> FloatArray:
    """Pearson correlations (n, n) of the spike counts in windows of `window` seconds, with samples concatenated (no unit).

    NaN for a neuron whose count is the same in all windows.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    counts = binned(recording, population, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.corrcoef(counts.reshape(-1, counts.shape[2]), rowvar=False))


def mean_correlation(recording: Recording, population: str, window: float) -> float:
    """Mean of `correlations` over pairs of different neurons (no unit).

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    matrix = np.atleast_2d(correlations(recording, population, window))
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    known = pairs[np.isfinite(pairs)]
    return float(known.mean()) if len(known) else float("nan")


def binned(recording: Recording, population: str, window: float) -> FloatArray:
    """Spike counts in windows of `window` seconds, (samples, windows, n).

    Steps at the end that do not fill a window are left out.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    spikes, width, count = windows(recording, population, window)
    n = recording.sizes[population]
    inside = spikes.step < count * width
    place = (spikes.sample.astype(np.int64) * count + spikes.step // width) * n + spikes.neuron
    flat = np.bincount(place[inside], minlength=recording.samples * count * n)
    return flat.reshape(recording.samples, count, n).astype(np.float64)


def windows(recording: Recording, population: str, window: float) -> tuple[Spikes, int, int]:
    """Spikes of a population, the number of steps in a window of `window` seconds, and the number of windows.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.

    Raises
    ------
    UsageError
        If the window is shorter than a step, or longer than the recording.
    NetworkError
        If the recording has no such population.
    """
    window = seconds("window", window)
    width = round(window / recording.dt)
    count = recording.steps // width if width else 0
    if not count:
        raise UsageError(
            f"window = {window!r} s: expected at least one step ({recording.dt:g} s) and at most the length of the recording "
            f"({recording.steps * recording.dt:g} s)."
        )
    return _spikes(recording, population), width, count


def victor_purpura(first: FloatArray, second: FloatArray, cost: float) -> float:
    """Distance of Victor and Purpura between two spike trains (times in seconds), without unit.

    Adding or removing a spike costs 1, and moving a spike by t seconds costs `cost` (1/s) times t;
    doi:10.1152/jn.1996.76.2.1310.

    Parameters
    ----------
    first, second : array (spikes,)
        Spike times in seconds, in ascending order.
    cost : float
        Cost of moving a spike by one second, in 1/s.
    """
    moved = cost * np.abs(np.subtract.outer(np.sort(first), np.sort(second)))
    row = np.arange(len(second) + 1, dtype=np.float64)
    for i in range(len(first)):
        # Removing spikes of `second` before this one is the running minimum along the row.
        best = np.minimum(row[1:] + 1, row[:-1] + moved[i])
        steps = np.arange(len(row), dtype=np.float64)
        row = np.minimum.accumulate(np.concatenate([[i + 1.0], best]) - steps) + steps
    return float(row[-1])


def van_rossum(first: FloatArray, second: FloatArray, tau: float) -> float:
    """Distance of van Rossum between two spike trains (times in seconds) with time constant `tau` (s), without unit.

    The distance between one spike and none is 1: the definition in doi:10.1162/089976601300014321 times the square root of 2,
    as in Elephant.

    Parameters
    ----------
    first, second : array (spikes,)
        Spike times in seconds, in ascending order.
    tau : float
        Time constant of the kernel in seconds.
    """

    def overlap(a: FloatArray, b: FloatArray) -> float:
        return float(np.exp(-np.abs(np.subtract.outer(a, b)) / tau).sum())

    return float(np.sqrt(max(overlap(first, first) + overlap(second, second) - 2 * overlap(first, second), 0.0)))


def spike_times(recording: Recording, population: str, neuron: int, sample: int = 0) -> FloatArray:
    """Spike times of one neuron in seconds.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    neuron : int
        Number of the neuron.
    sample : int
        Number of the sample.

    Raises
    ------
    NetworkError
        If the recording has no such population.
    """
    spikes = _spikes(recording, population)
    mine = (spikes.neuron == neuron) & (spikes.sample == sample)
    return np.asarray(spikes.step[mine] * recording.dt, np.float64)


def through_elephant(
    function: Callable[..., Any], recording: Recording, population: str, sample: int = 0, **options: Any
) -> Any:
    """Call ``function(trains, **options)`` of Elephant with the spike trains of a population in neo's format.

    It needs the extra `analysis`.

    Parameters
    ----------
    function : callable
        A function of Elephant whose first argument is a list of spike trains.
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    sample : int
        Number of the sample.
    options : keyword arguments
        Further arguments of the function.
    """
    block = recording.to_neo()
    trains = [t for t in block.segments[sample].spiketrains if t.annotations.get("population") == population]
    return function(trains, **options)


def _spikes(recording: Recording, population: str) -> Spikes:
    if population not in recording.spikes:
        raise NetworkError("Recording: " + unknown_name("population", population, recording.spikes))
    return recording.spikes[population]


def _trains(recording: Recording, population: str) -> tuple[Any, Any]:
    """Number of the train and step of each spike, sorted by train and then by step."""
    spikes = _spikes(recording, population)
    who = spikes.sample.astype(np.int64) * recording.sizes[population] + spikes.neuron
    order = np.lexsort((spikes.step, who))
    return who[order], spikes.step[order].astype(np.int64)
