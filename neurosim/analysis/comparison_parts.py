"""Parts of a comparison: spikes of a population, a probed state, the predictions of a readout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_numbers
from neurosim.display.short import Short
from neurosim.errors import NetworkError, UsageError, unknown_name
from neurosim.results.recording import Recording


class Place(NamedTuple):
    """A position in a recording: sample, step and neuron."""

    sample: int
    step: int
    neuron: int


@dataclass(frozen=True)
class PopulationComparison:
    """Comparison of the spikes of one population.

    Attributes
    ----------
    equal : bool
        Whether every spike, including its payload, is in both recordings.
    first : Place or None
        The first difference, in order of sample, step, neuron.
    shared, only_a, only_b : int
        Number of spikes that are in both recordings, only in `a`, and only in `b`.
    rate_a, rate_b : float
        Mean rate in Hz.
    rate_error : float
        Mean over neurons and samples of the absolute difference of rates, in Hz.
    """

    population: str
    equal: bool
    first: Place | None
    shared: int
    only_a: int
    only_b: int
    rate_a: float
    rate_b: float
    rate_error: float

    @property
    def agreement(self) -> float:
        """Fraction of all spikes that are shared, from 0 to 1; 1 if both populations are silent."""
        total = self.shared + self.only_a + self.only_b
        return self.shared / total if total else 1.0

    @property
    def relative_rate_error(self) -> float:
        """Ratio of `rate_error` to the mean rate of `a`; NaN if only `b` has spikes."""
        return self.rate_error / self.rate_a if self.rate_a else 0.0 if self.equal else float("nan")


@dataclass(frozen=True)
class StateComparison:
    """Comparison of a state or of weights that both recorded, in SI units; `worst` is the index of the largest error."""

    of: str
    variable: str
    max_error: float
    rms_error: float
    worst: tuple[int, ...]


@dataclass(frozen=True)
class ReadoutComparison:
    """Comparison of the predictions of a readout population.

    The prediction for a sample is the neuron with the most spikes; of several, it is the first.

    Attributes
    ----------
    agreement : float
        Fraction of samples with the same prediction.
    accuracy_a, accuracy_b : float or None
        Fraction of samples with the correct prediction; None without labels.
    """

    population: str
    agreement: float
    accuracy_a: float | None
    accuracy_b: float | None


@dataclass(frozen=True)
class OverflowComparison:
    """Number of overflows of each register of one population, in `a` and `b`; None if the execution does not count them.

    The emulator counts overflows of integers. Float arithmetic has no limits, and Lava does not report overflows.
    """

    population: str
    a: Mapping[str, int] | None
    b: Mapping[str, int] | None


def in_both(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> list[Any]:
    """Keys of `a` that are also in `b`, in the order of `a`."""
    return [key for key in a if key in b]


def keys(recording: Recording, name: str) -> NDArray[np.int64]:
    """One integer per spike, in ascending order, which encodes its position; `place_of` decodes it."""
    spikes, n = recording.spikes[name], recording.sizes[name]
    row = spikes.sample.astype(np.int64) * recording.steps + spikes.step
    return np.asarray(row * n + spikes.neuron)


def place_of(recording: Recording, name: str, key: Any) -> Place:
    """Sample, step and neuron of a key, or of an array of keys."""
    row, neuron = np.divmod(key, recording.sizes[name])
    return Place(*np.divmod(row, recording.steps), neuron)


def shared_keys(a: Recording, b: Recording, name: str) -> NDArray[np.int64]:
    """Keys of the spikes that are in both recordings; spikes with different payloads are different."""
    together, i, j = np.intersect1d(keys(a, name), keys(b, name), assume_unique=True, return_indices=True)
    return np.asarray(together[a.spikes[name].payload[i] == b.spikes[name].payload[j]])


def population(a: Recording, b: Recording, name: str) -> PopulationComparison:
    """Compare the spikes of a population."""
    one, two, shared = keys(a, name), keys(b, name), shared_keys(a, b, name)
    apart = np.setdiff1d(np.union1d(one, two), shared, assume_unique=True)
    rates_a, rates_b = a.rates(name), b.rates(name)
    return PopulationComparison(
        population=name,
        equal=not apart.size,
        first=Place(*map(int, place_of(a, name, apart[0]))) if apart.size else None,
        shared=len(shared),
        only_a=len(one) - len(shared),
        only_b=len(two) - len(shared),
        rate_a=float(rates_a.mean()),
        rate_b=float(rates_b.mean()),
        rate_error=float(np.abs(rates_a - rates_b).mean()),
    )


def overflows(a: Recording, b: Recording) -> Iterator[OverflowComparison]:
    """Compare the overflows of all populations that have any."""
    counted = [r.info.get("overflows") for r in (a, b)]
    for name in a.spikes:
        if any(found and name in found for found in counted):
            yield OverflowComparison(name, *(None if found is None else dict(found.get(name, {})) for found in counted))


def states(a: Recording, b: Recording) -> Iterator[StateComparison]:
    """Compare the states that both probed."""
    for name, variable in in_both(a.states, b.states):
        yield _difference(name, variable, a.states[name, variable], b.states[name, variable])


def weights(a: Recording, b: Recording) -> Iterator[StateComparison]:
    """Compare the weights that both recorded."""
    for name in in_both(a.weights, b.weights):
        yield _difference(name, "w", a.weights[name].values, b.weights[name].values)


def _difference(name: str, variable: str, a: Any, b: Any) -> StateComparison:
    # One sample or time at once, because recorded weights can be a view that is far larger than memory.
    squares, largest = 0.0, -1.0
    worst: tuple[int, ...] = ()
    for k, (x, y) in enumerate(zip(a, b, strict=True)):
        error = np.abs(np.asarray(x, np.float64) - y)
        squares += float(np.sum(error**2))
        if error.size and error.max() > largest:
            largest = float(error.max())
            worst = (k, *(int(i) for i in np.unravel_index(np.argmax(error), error.shape)))
    return StateComparison(name, variable, max(largest, 0.0), float(np.sqrt(squares / max(np.size(a), 1))), worst)


def readout(a: Recording, b: Recording, name: str | None, labels: Any) -> ReadoutComparison | None:
    """Compare the predictions of the population `name`; None without a name."""
    if name is None:
        if labels is not None:
            raise UsageError("compare: labels need readout=..., the population whose spike counts are the prediction.")
        return None
    if name not in a.spikes:
        raise NetworkError("compare: " + unknown_name("readout population", name, a.spikes))
    one, two = (r.counts(name).argmax(axis=1) for r in (a, b))
    true = right_answers(labels, a.samples, "compare")
    right = [None if true is None else float(np.mean(x == true)) for x in (one, two)]
    return ReadoutComparison(name, float(np.mean(one == two)), *right)


def right_answers(labels: Sequence[int] | None, samples: int, who: str) -> Any:
    """Check that `labels`, if there are any, are one whole number per sample, and return them as an array."""
    if labels is None:
        return None
    array = whole_numbers(labels, f"{who}: labels")
    if array.shape != (samples,):
        raise UsageError(f"{who}: labels have shape {array.shape}; expected one label per sample, ({samples},).")
    return array


@dataclass(frozen=True)
class Compared(Short):
    """Results of a comparison as numbers; base of `neurosim.analysis.comparison.Comparison`.

    Attributes
    ----------
    a, b : Recording
        The recordings that were compared; `a` is the reference.
    populations, states : tuple
        One entry per population, and one per state or weight matrix that both recorded.
    readout : ReadoutComparison or None
        Comparison of predictions, if a readout was named.
    uncompared : tuple of str
        States and weights that only one of them recorded.
    overflows : tuple of OverflowComparison
        Overflows of registers, for populations that had any.
    """

    a: Recording = field(repr=False)
    b: Recording = field(repr=False)
    populations: tuple[PopulationComparison, ...]
    states: tuple[StateComparison, ...]
    readout: ReadoutComparison | None
    uncompared: tuple[str, ...] = ()
    overflows: tuple[OverflowComparison, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether every spike of every population is the same."""
        return all(p.equal for p in self.populations)

    @property
    def first(self) -> tuple[str, Place] | None:
        """Population and position of the first spike that differs; None if all are equal."""
        places = [(p.first, p.population) for p in self.populations if p.first is not None]
        return min(places)[::-1] if places else None

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain values for JSON."""
        extra = ("agreement", "relative_rate_error")
        return {
            "identical": self.identical,
            "populations": [asdict(p) | {name: getattr(p, name) for name in extra} for p in self.populations],
            "states": [asdict(s) for s in self.states],
            "readout": None if self.readout is None else asdict(self.readout),
            "uncompared": list(self.uncompared),
            "overflows": [asdict(o) for o in self.overflows],
        }
