"""Linear read-outs of features that were learned without labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.display.short import Short
from neurosim.rate.activations import Array
from neurosim.rng import stream


@dataclass(frozen=True)
class ReadOut(Short):
    """Linear read-out: scores are ``weights @ features + bias``.

    Attributes
    ----------
    weights : array (classes, features)
        Weights of the read-out.
    bias : array (classes, 1)
        Biases.
    """

    weights: Array
    bias: Array

    def scores(self, features: Array) -> Array:
        """Scores (classes, images) of features (features, images).

        Parameters
        ----------
        features : array (features, images)
            Features of the images.
        """
        return np.asarray(self.weights @ features + self.bias)

    def accuracy(self, features: Array, labels: NDArray[np.int64]) -> float:
        """Fraction of images whose label has the largest score.

        Parameters
        ----------
        features : array (features, images)
            Features of the images.
        labels : array (images,)
            Class of each image.
        """
        return float(np.mean(self.scores(features).argmax(axis=0) == labels))


def ridge(features: Array, labels: NDArray[np.int64], classes: int, penalty: float = 1e-3) -> ReadOut:
    """Read-out with the smallest squared error, with a penalty on the weights.

    Parameters
    ----------
    features : array (features, images)
        Features of the training images.
    labels : array (images,)
        Their labels.
    classes : int
        Number of classes.
    penalty : float
        Penalty on the squared weights, in units of the mean variance of the features.
    """
    x = features.astype(np.float64)
    centre = x.mean(axis=1, keepdims=True)
    x = x - centre
    t = np.eye(classes)[labels].T
    offset = t.mean(axis=1, keepdims=True)
    gram = x @ x.T
    scale = np.trace(gram) / len(gram)
    weights = np.linalg.solve(gram + max(penalty * scale, np.finfo(float).tiny) * np.eye(len(gram)), x @ (t - offset).T).T
    return ReadOut(weights.astype(features.dtype), (offset - weights @ centre).astype(features.dtype))


def softmax_regression(
    features: Array,
    labels: NDArray[np.int64],
    classes: int,
    *,
    epochs: int = 10,
    batch: int = 32,
    rate: float = 1e-3,
    seed: int = 0,
) -> ReadOut:
    """Read-out by softmax regression with Adam, as in SoftHebb (Moraitis et al. 2022, arXiv:2107.05747).

    Parameters
    ----------
    features : array (features, images)
        Features of the training images.
    labels : array (images,)
        Their labels.
    classes : int
        Number of classes.
    epochs, batch : int
        Number of passes over the images, and of images per change.
    rate : float
        Step size of Adam.
    seed : int
        Seed of the order of images.
    """
    from neurosim.rate.algorithms.layerwise import backprop
    from neurosim.rate.learner import Learner
    from neurosim.rate.network import layered
    from neurosim.rate.optimisers import Adam

    learner = Learner(layered(len(features), classes, seed=seed), backprop(), Adam(rate), features.dtype)
    # Images are gathered from rows, since columns lie apart in memory.
    by_image, targets = np.ascontiguousarray(features.T), np.eye(classes, dtype=features.dtype)[labels]
    for epoch in range(epochs):
        order = stream(seed, "order", epoch).permutation(len(labels))
        for k in range(0, len(order), batch):
            rows = order[k : k + batch]
            learner.learn(np.ascontiguousarray(by_image[rows].T), np.ascontiguousarray(targets[rows].T))
    return ReadOut(learner.circuit.weights[0], learner.circuit.state["biases"][0])
