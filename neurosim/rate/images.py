"""Mini-batches of a data set as arrays of rates, and the accuracy of a learner on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.data import Dataset
from neurosim.display.short import Short
from neurosim.errors import DataError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm
from neurosim.rate.gradient import Difference, compared, mean_difference
from neurosim.rate.learner import Learner
from neurosim.rate.network import RateNetwork
from neurosim.rate.readout import ReadOut, ridge

TEST_BATCH = 1000
"""Number of images that are tested at once; it does not change results."""
PROBES = 16
"""Number of mini-batches over which angles are averaged."""
READ = 10_000
"""Largest number of training images from which a read-out learns."""


@dataclass(frozen=True)
class Images(Short):
    """Mini-batches of a data set: grey values become rates from 0 to 1, and labels targets of 0 and 1.

    Parameters
    ----------
    dataset : Dataset
        Images and labels.
    dtype : dtype
        Type of the rates and targets.
    """

    dataset: Dataset
    dtype: DTypeLike = np.float32

    def check(self, network: RateNetwork, label_inputs: bool = False) -> None:
        """Raise DataError if the network does not have the inputs of the data set, with one per class if labels are inputs.

        Parameters
        ----------
        network : RateNetwork
            The network that learns the images.
        label_inputs : bool
            Whether labels are inputs, too.

        Raises
        ------
        DataError
            If the sizes differ.
        """
        data = self.dataset
        labels = data.n_classes if label_inputs else 0
        if network.sizes[0] != data.n_pixels + labels:
            beside = f" and {labels} labels that are inputs, too" if labels else ""
            raise DataError(
                f"The network has {network.sizes[0]} inputs; data set {data.name!r} has {data.n_pixels} pixels{beside}. "
                "Give the network as many inputs."
            )

    def check_answers(self, network: RateNetwork, algorithm: Algorithm) -> None:
        """Raise DataError if the algorithm decides between other classes than those of the data set, or if it has no images.

        Parameters
        ----------
        network : RateNetwork
            The network that learns the images.
        algorithm : Algorithm
            The algorithm that it learns with.

        Raises
        ------
        DataError
            If the classes differ.
        """
        data, answers = self.dataset, algorithm.answers(network)
        if answers is not None and answers != data.n_classes:
            raise DataError(
                f"{type(algorithm).__name__} decides between {answers} classes on this network; data set {data.name!r} has "
                f"{data.n_classes}. Give the network as many outputs."
            )

    def train(self, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Training images (inputs, images) with the numbers `rows`, and their targets (classes, images).

        Parameters
        ----------
        rows : array (images,) of int
            Numbers of training images.
        """
        return self.rates(self.dataset.train_images[rows]), self.targets(self.dataset.train_labels[rows])

    def rates(self, images: NDArray[np.uint8]) -> Array:
        """Grey values (images, pixels) as rates (pixels, images).

        Parameters
        ----------
        images : array (images, pixels) of uint8
            Grey values.
        """
        scale = np.array(1 / self.dataset.max_value, self.dtype)
        return np.asarray(np.multiply(images.T, scale, order="C"))

    def targets(self, labels: NDArray[np.int64]) -> Array:
        """Targets (classes, images): 1 for the label and 0 for the others.

        Parameters
        ----------
        labels : array (images,)
            Class of each image.
        """
        t = np.zeros((self.dataset.n_classes, len(labels)), self.dtype)
        t[labels, np.arange(len(labels))] = 1
        return t

    def parts(self, images: NDArray[np.uint8], most: int | None = None) -> Iterator[Array]:
        """Rates of images in parts of `TEST_BATCH`.

        Parameters
        ----------
        images : array (images, pixels) of uint8
            Grey values.
        most : int, optional
            Number of images that are used; all if left out.
        """
        for k in range(0, len(images) if most is None else min(most, len(images)), TEST_BATCH):
            yield self.rates(images[k : k + TEST_BATCH])


def read_out(learner: Learner, images: Images) -> ReadOut:
    """Linear read-out of a learner's features, from up to `READ` training images."""
    data = images.dataset
    parts = [learner.algorithm.features(learner.circuit, x) for x in images.parts(data.train_images[:READ])]
    return ridge(np.concatenate(parts, axis=1), data.train_labels[:READ], data.n_classes)


def test_error(learner: Learner, images: Images) -> float:
    """Fraction of the test images that are classified wrongly, by the largest answer or by a read-out."""
    data, algorithm = images.dataset, learner.algorithm
    read = None if algorithm.supervised else read_out(learner, images)
    answers = [
        learner.answer(x) if read is None else read.scores(algorithm.features(learner.circuit, x))
        for x in images.parts(data.test_images)
    ]
    return float(np.mean(np.concatenate(answers, axis=1).argmax(axis=0) != data.test_labels))


def difference(learner: Learner, images: Images, batch: int) -> Difference:
    """Angle and length of the change against the exact gradient, as means over the first `PROBES` mini-batches."""
    if not learner.algorithm.descends:
        return Difference((), ())
    total = len(images.dataset.train_labels)
    starts = [k * batch for k in range(max(1, min(PROBES, total // batch)))]
    probes = [images.train(np.arange(k, min(k + batch, total))) for k in starts]
    return mean_difference([compared(learner, x, t) for x, t in probes])
