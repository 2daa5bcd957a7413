"""States of which not every step or neuron is kept: each k-th step, or means over time or neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.network.thinning import Thinning
from neurosim.results.recording import Recording

Key = tuple[str, str]


class Thinner:
    """What a run keeps of one state; the pieces of a run are given to it in order.

    Where a run is cut changes nothing: an interval that a piece does not complete waits for the next piece, and means are sums
    in the order of the steps.

    Parameters
    ----------
    thinning : Thinning
        What to keep.
    """

    def __init__(self, thinning: Thinning) -> None:
        self._thinning = thinning
        self._waiting: Any = None

    def take(self, values: Any, first: int) -> tuple[Any, NDArray[np.int64]]:
        """What is kept of states (samples, steps, n) from step `first` of the run on, and at which of these steps.

        The mean of an interval stands at its last step.
        """
        if "neurons" in self._thinning.over:
            values = np.ascontiguousarray(values).mean(axis=2, keepdims=True)
        if "time" in self._thinning.over:
            return self._means(values, first)
        at = np.arange(-first % self._thinning.every, values.shape[1], self._thinning.every, dtype=np.int64)
        return values[:, at], at

    def _means(self, values: Any, first: int) -> tuple[Any, NDArray[np.int64]]:
        every = self._thinning.every
        if self._waiting is None:
            # A run that goes on in the middle of an interval begins with the next one.
            skipped = min(-first % every, values.shape[1])
            values, begun = values[:, skipped:], first + skipped
        else:
            values, begun = np.concatenate([self._waiting, values], axis=1), first - self._waiting.shape[1]
        whole = values.shape[1] // every
        self._waiting = values[:, whole * every :].copy() if begun % every == 0 else None
        blocks = values[:, : whole * every].reshape(len(values), whole, every, values.shape[2])
        total = np.zeros((len(values), whole, values.shape[2]))
        for k in range(every):
            total += blocks[:, :, k]
        return total / every, begun - first + np.arange(1, whole + 1, dtype=np.int64) * every - 1


def thinned(recording: Recording, thinnings: Mapping[Key, Thinning]) -> Recording:
    """A recording of whole samples, without the states that its probes leave out."""
    found = {key: Thinner(how).take(recording.states[key], 0) for key, how in thinnings.items()}
    if not found:
        return recording
    states = {**recording.states, **{key: values for key, (values, _) in found.items()}}
    return replace(recording, states=states, state_steps={key: at for key, (_, at) in found.items()})
