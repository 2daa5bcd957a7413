"""The neurons at both ends of a projection: whole populations, or some of their neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_numbers
from neurosim.checks.matrices import Matrix, from_pairs, nonzero
from neurosim.errors import NetworkError, shown

Indices = NDArray[np.int64]


class Part(str):
    """Name of a population together with some of its neurons; ``cells[:80]`` makes it, for `pre` or `post` of a projection.

    Attributes
    ----------
    neurons : array (n,)
        Indices of the neurons in their population, each at most once.
    """

    neurons: Indices

    def __new__(cls, name: str, neurons: Indices) -> Part:
        made = super().__new__(cls, name)
        made.neurons = neurons
        return made

    def __repr__(self) -> str:
        return f"{str.__repr__(self)}{self.neurons.tolist()}"

    def __reduce__(self) -> Any:
        return Part, (str(self), self.neurons)


def part(name: str, n: int, key: slice | Sequence[int]) -> Part:
    """The neurons of a population of `n` that `key` selects.

    Raises
    ------
    NetworkError
        If it selects no neuron, one that does not exist, or one twice.
    """
    who = f"Population {name!r}: [{shown(key)}]"
    if isinstance(key, slice):
        chosen = np.arange(n)[key]
    else:
        chosen = whole_numbers(key, who, -n, n - 1)
        chosen = np.where(chosen < 0, chosen + n, chosen)
    if chosen.ndim != 1 or not chosen.size:
        raise NetworkError(f"{who} selects no neuron; expected a slice such as [:80], or a list of indices from 0 to {n - 1}.")
    if len(np.unique(chosen)) < len(chosen):
        raise NetworkError(f"{who} selects a neuron twice; expected each at most once.")
    return Part(name, np.asarray(chosen, np.int64))


@dataclass(frozen=True)
class Ends:
    """The neurons that a pattern connects.

    Attributes
    ----------
    n_pre, n_post : int
        Numbers of neurons.
    same : array (n_post,), optional
        For each post neuron, the index of the pre neuron that is the same neuron, or -1 if it is not among them; None for two
        different populations.
    """

    n_pre: int
    n_post: int
    same: Indices | None = None

    def self_of(self, who: str) -> Indices:
        """`same`; a NetworkError where the populations differ."""
        if self.same is None:
            raise NetworkError(
                f"{who}: autapses=False, but pre and post are different populations, which have no autapses; leave it out."
            )
        return self.same


def ends_of(pre: str, post: str, n_pre: int, n_post: int) -> Ends:
    """The ends of a projection between two populations, or parts of them, given by name and number of neurons."""
    from_, to = neurons_of(pre, n_pre), neurons_of(post, n_post)
    if str(pre) != str(post):
        return Ends(len(from_), len(to))
    place = np.full(n_pre, -1)
    place[from_] = np.arange(len(from_))
    return Ends(len(from_), len(to), place[to])


def neurons_of(end: str, n: int) -> Indices:
    """Indices of the neurons of one end in its population of `n`."""
    return end.neurons if isinstance(end, Part) else np.arange(n)


def has_parts(pre: str, post: str) -> bool:
    """Whether an end is only a part of its population."""
    return isinstance(pre, Part) or isinstance(post, Part)


def embedded(matrix: Matrix, pre: str, post: str, shape: tuple[int, int]) -> Matrix:
    """The weights between two ends as a matrix between their whole populations, which is sparse where an end is a part."""
    if not has_parts(pre, post):
        return matrix
    rows, columns, values = nonzero(matrix)
    return from_pairs(neurons_of(pre, shape[0])[rows], neurons_of(post, shape[1])[columns], values, shape, "weights")
