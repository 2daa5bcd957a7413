"""Deep belief networks: restricted Boltzmann machines that learn one above the other."""

from __future__ import annotations

from neurosim.rate.algorithms.boltzmann import RBM
from neurosim.rate.greedy import Greedy, Stage
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, binary


def deep_belief(layers: int = 2, epochs: int = 20, eta: float = 0.05) -> Greedy:
    """Deep belief network: each layer is a restricted Boltzmann machine that learns the features of the layer below.

    Hinton, Osindero, Teh (2006), doi:10.1162/neco.2006.18.7.1527.

    Parameters
    ----------
    layers : int
        Number of layers of the network.
    epochs : int
        Number of epochs of each layer.
    eta : float
        Learning rate of all layers, with contrastive divergence of one step.
    """
    return Greedy(tuple(Stage(RBM(eta=eta), epochs) for _ in range(layers)))


_MNIST = RateRecipe(binary(500, 500), {"epochs": 3}, DESCENT, epochs=6, batch=20)
ENTRIES = (
    AlgorithmEntry(
        deep_belief,
        {
            "digits": RateRecipe(binary(100, 100), optimiser=DESCENT, epochs=40, batch=20),
            "mnist": _MNIST,
            "fashion-mnist": _MNIST,
        },
    ),
)
