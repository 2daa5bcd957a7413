"""How far two runs of one network agree, in spikes and in weights that learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.analysis.comparison import compare
from neurosim.display.short import Short
from neurosim.network.network import Network
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class Agreement(Short):
    """Agreement of two recordings of one network.

    Attributes
    ----------
    spikes : float
        Fraction of all spikes, from 0 to 1, that both recordings have at the same step.
    weights : float
        Largest difference between two final weights of a projection that learned, as a fraction of the largest change of a
        weight of that projection in the second recording.
    """

    spikes: float
    weights: float


def agreement(one: Recording, other: Recording, network: Network) -> Agreement:
    """Compare two runs of `network` from its initial weights, on the same inputs.

    Parameters
    ----------
    one, other : Recording
        Two runs of the same length.
    network : Network
        The network that ran.

    Raises
    ------
    NetworkError
        If the recordings do not fit each other.
    """
    found = compare(one, other)
    shared = sum(p.shared for p in found.populations)
    total = shared + sum(p.only_a + p.only_b for p in found.populations)
    apart = [_apart(one, other, network, name) for name in other.weights]
    return Agreement(shared / total if total else 1.0, max(apart, default=0.0))


def _apart(one: Recording, other: Recording, network: Network, name: str) -> float:
    last = np.asarray(other.weights[name].values[-1])
    moved = np.abs(last - network.weights(network.projection(name))).max(initial=0.0)
    difference = np.abs(np.asarray(one.weights[name].values[-1]) - last).max(initial=0.0)
    return float(difference / moved if moved else difference)
