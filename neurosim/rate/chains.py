"""Where the chain of a Boltzmann machine starts that draws from the model, and how far it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.ranges import Count
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit

_CHAINS = "chains"


def sampled(p: Array, rng: np.random.Generator) -> Array:
    """Binary states that are 1 with the probabilities p; a probability of 0 or 1 is exact."""
    return np.asarray(rng.random(p.shape, np.float32) < p, p.dtype)


@dataclass(frozen=True)
class Chain(Described):
    """Base of the chains.

    Parameters
    ----------
    steps : int
        Number of Gibbs steps for each mini-batch; in one step, all hidden and then all visible units are drawn.
    """

    steps: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise NetworkError(f"{type(self).__name__}.steps = {self.steps}; expected a whole number from 1 up.")

    def start(self, circuit: Circuit, visible: int) -> None:
        """Add what the chain remembers to the state."""

    def begin(self, circuit: Circuit, v: Array) -> Array:
        """States from which chains run, as many as there are data `v` (visible, images)."""
        raise NotImplementedError(f"{type(self).__name__} does not say where chains start.")

    def end(self, circuit: Circuit, v: Array) -> None:
        """Remember the last states of the chains."""


@dataclass(frozen=True)
class FromData(Chain):
    """Chains start at the data: contrastive divergence, CD-k (Hinton 2002, doi:10.1162/089976602760128018)."""

    def begin(self, circuit: Circuit, v: Array) -> Array:
        return v


@dataclass(frozen=True)
class FromNoise(Chain):
    """Chains start at random states each time, Rdm-k (Decelle, Furtlehner, Seoane 2021, arXiv:2105.13889)."""

    def begin(self, circuit: Circuit, v: Array) -> Array:
        return np.asarray(circuit.rng("start of chains").random(v.shape) < 0.5, v.dtype)


@dataclass(frozen=True)
class Persistent(Chain):
    """Chains go on where they ended: persistent contrastive divergence, PCD-k (Tieleman 2008, doi:10.1145/1390156.1390290).

    Parameters
    ----------
    steps
        See `Chain`.
    chains : int
        Number of chains, at least the number of images in a mini-batch. If there are more, they take turns.
    """

    chains: Count = 100

    def start(self, circuit: Circuit, visible: int) -> None:
        drawn = circuit.fresh(_CHAINS).random((visible, self.chains)) < 0.5
        circuit.state[_CHAINS] = [np.asarray(drawn, circuit.dtype)]

    def begin(self, circuit: Circuit, v: Array) -> Array:
        images = v.shape[1]
        if images > self.chains:
            raise NetworkError(
                f"Persistent.chains = {self.chains}; a mini-batch has {images} images. Use at least as many chains."
            )
        return np.asarray(circuit.state[_CHAINS][0][:, self._turn(circuit, images)])

    def end(self, circuit: Circuit, v: Array) -> None:
        circuit.state[_CHAINS][0][:, self._turn(circuit, v.shape[1])] = v

    def _turn(self, circuit: Circuit, images: int) -> Array:
        return (circuit.batch * images + np.arange(images)) % self.chains
