"""What is measured of a run to tell how far it drifts: rates, membranes before spikes differ, learned weights, answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np

from neurosim.analysis.comparison_parts import keys, place_of, population, shared_keys
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

Runs = tuple[Recording, ...]
"""Runs of one program that differ in random numbers only; their mean is what is measured."""


@dataclass(frozen=True)
class Change:
    """A cause and the runs without and with it."""

    cause: str
    before: Runs
    after: Runs


@dataclass(frozen=True)
class Subject:
    """What to look at in the runs of a network.

    Attributes
    ----------
    feeding : mapping
        Population of neurons -> the populations that send to it.
    levels : mapping
        Population whose "v" is recorded -> its threshold above rest in the unit of v.
    readout : str or None
        Population whose most active neuron is the answer to a sample; if it never spikes, the neuron with the highest v.
    labels : array (samples,) or None
        The right answers.
    """

    feeding: Mapping[str, Sequence[str]]
    levels: Mapping[str, float]
    readout: str | None = None
    labels: Any = None


class Measures:
    """Measures of runs of a `subject`; membranes are compared where no run in `every` had another spike than `base` yet."""

    def __init__(self, subject: Subject, base: Recording, every: Iterable[Recording]) -> None:
        self._of, self._base = subject, base
        distinct = {id(run): run for run in every if run is not base}
        self._others = tuple(distinct.values())

    def rates(self, runs: Runs) -> FloatArray:
        """Rate of each neuron in Hz, mean over samples and runs."""
        names = self._of.feeding
        return _mean([np.concatenate([np.zeros(0), *(run.rates(name).mean(axis=0) for name in names)]) for run in runs])

    def spikes(self, change: Change) -> float:
        """Fraction of the neurons' spikes that are in one of two runs only, mean over pairs of runs."""
        pairs = [(a, b) for a in change.before for b in change.after if a is not b]
        return float(np.mean([self._apart(a, b) for a, b in pairs])) if pairs else 0.0

    def _apart(self, a: Recording, b: Recording) -> float:
        found = [population(a, b, name) for name in self._of.feeding]
        alone = sum(p.only_a + p.only_b for p in found)
        return alone / max(1, alone + sum(p.shared for p in found))

    def weights(self, runs: Runs) -> FloatArray:
        """Weights at the end of projections that learn, as fractions of the largest weight of each at the end of `base`."""
        return _mean([np.concatenate([np.zeros(0), *(self._final(run, name) for name in self._base.weights)]) for run in runs])

    def _final(self, run: Recording, name: str) -> FloatArray:
        largest = float(np.abs(self._base.weights[name].values[-1]).max(initial=0.0)) or 1.0
        return np.asarray(run.weights[name].values[-1], np.float64).ravel() / largest

    def membrane(self, runs: Runs) -> FloatArray:
        """Membranes in thresholds, in all steps in which no run had another spike yet."""
        return _mean([np.concatenate([np.zeros(0), *self._membranes(run)]) for run in runs])

    def _membranes(self, run: Recording) -> Iterable[FloatArray]:
        for name, level in self._of.levels.items():
            yield np.asarray(run.states[name, "v"][self._clean[name]], np.float64) / level

    @cached_property
    def _clean(self) -> Mapping[str, Any]:
        """Population -> in which (sample, step, probed neuron) its own spikes and those that it hears are still the same."""
        first = {name: self._first_difference(name) for name in self._base.spikes}
        steps, clean = np.arange(self._base.steps)[None, :, None], {}
        for name in self._of.levels:
            heard = (first[pre].min(axis=1, keepdims=True) for pre in self._of.feeding[name])
            until = reduce(np.minimum, heard, first[name])
            clean[name] = steps < until[:, None, probed(self._base.sizes[name])]
        return clean

    def _first_difference(self, name: str) -> Any:
        """Step of the first spike that any run does not share with the base, (samples, n)."""
        base = self._base
        found = np.full((base.samples, base.sizes[name]), base.steps)
        for run in self._others:
            apart = np.setdiff1d(
                np.union1d(keys(base, name), keys(run, name)), shared_keys(base, run, name), assume_unique=True
            )
            where = place_of(base, name, apart)
            np.minimum.at(found, (where.sample, where.neuron), where.step)
        return found

    def accuracy(self, runs: Runs) -> float | None:
        """Fraction of samples with the right answer; None without labels."""
        if self._of.labels is None or self._of.readout is None:
            return None
        return float(np.mean([np.mean(self._answers(run) == np.asarray(self._of.labels)) for run in runs]))

    def _answers(self, run: Recording) -> Any:
        name = self._of.readout or ""
        if not len(self._base.spikes[name]) and (name, "v") in run.states:
            return run.states[name, "v"].max(axis=1).argmax(axis=1)
        return run.counts(name).argmax(axis=1)


MOST_PROBED = 64
"""Neurons of a population whose membranes are compared."""


def probed(n: int) -> list[int]:
    """The neurons of a population of `n` whose membranes are compared, evenly spaced."""
    return [int(i) for i in np.unique(np.linspace(0, n - 1, min(n, MOST_PROBED)).round())]


def rms(values: FloatArray) -> float:
    """Root of the mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _mean(found: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.mean(found, axis=0))
