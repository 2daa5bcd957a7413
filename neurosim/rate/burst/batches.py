"""Mini-batches of images: learning from them in a given order, test errors, and angles to the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.data import Dataset
from neurosim.rate.burst.activity import Activity
from neurosim.rate.burst.burstccn import BurstCCN
from neurosim.rate.burst.gradient import angles, burst_changes, descent
from neurosim.rate.burst.parameters import Parameters
from neurosim.rate.burst.step import activity, bursts_down, events_up, step

TEST_BATCH = 1000
"""Number of images that are tested at once; it does not change results."""
PROBES = 16
"""Number of mini-batches over which angles are averaged."""


@dataclass(frozen=True)
class Running:
    """Results so far of the current epoch; all are zero at its start.

    Attributes
    ----------
    images : int
        Number of images that were learned.
    errors : int
        Number of these images that were classified wrongly before they were learned.
    loss : float
        Sum of ``sum((t - e)^2) / 2`` over these images.
    seconds, cpu_seconds : float
        Wall time and CPU time of learning.
    """

    images: int = 0
    errors: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Batches:
    """Mini-batches of a data set for a network: grey values become event rates from 0 to 1, and labels targets of 0 and 1."""

    sizes: tuple[int, ...]
    dataset: Dataset
    dtype: DTypeLike = np.float32

    @cached_property
    def _made(self) -> dict[int, Activity]:
        return {}

    def activity(self, images: int) -> Activity:
        """Arrays for mini-batches of `images` images; each call with the same number returns the same arrays."""
        if images not in self._made:
            self._made[images] = activity(self.sizes, images, self.dtype)
        return self._made[images]

    def train(self, rows: NDArray[np.int64]) -> Activity:
        """Mini-batch of the training images with the numbers `rows`."""
        now, labels = self.activity(len(rows)), self.dataset.train_labels[rows]
        self._fill(now, self.dataset.train_images[rows])
        now.targets[:] = 0
        now.targets[labels, np.arange(len(rows))] = 1
        return now

    def tests(self, part: slice) -> Activity:
        """Mini-batch of test images, without targets."""
        images = self.dataset.test_images[part]
        now = self.activity(len(images))
        self._fill(now, images)
        return now

    def _fill(self, now: Activity, images: NDArray[np.uint8]) -> None:
        np.multiply(images.T, now.events[0].dtype.type(1 / self.dataset.max_value), out=now.events[0])


def learn_rows(
    network: BurstCCN, parameters: Parameters, batches: Batches, rows: NDArray[np.int64], batch: int
) -> tuple[int, float]:
    """Learn from the training images with the numbers `rows`; return their errors before learning, and their loss."""
    errors, loss = 0, 0.0
    for k in range(0, len(rows), batch):
        here = rows[k : k + batch]
        now = batches.train(here)
        step(network, parameters, now)
        errors += int(np.count_nonzero(now.events[-1].argmax(axis=0) != batches.dataset.train_labels[here]))
        loss += float(np.square(now.targets - now.events[-1]).sum()) / 2
    return errors, loss


def test_error(parameters: Parameters, batches: Batches) -> float:
    """Fraction of the test images whose label does not have the largest output."""
    labels, wrong = batches.dataset.test_labels, 0
    for k in range(0, len(labels), TEST_BATCH):
        part = slice(k, k + TEST_BATCH)
        now = batches.tests(part)
        events_up(parameters, now.events)
        wrong += int(np.count_nonzero(now.events[-1].argmax(axis=0) != labels[part]))
    return wrong / len(labels)


def gradient_angles(network: BurstCCN, parameters: Parameters, batches: Batches, batch: int) -> tuple[float, ...]:
    """Angle in degrees between the weight change and the exact gradient descent, for each layer; mean over mini-batches.

    The weights do not change. The mean is over the first `PROBES` mini-batches, or over as many as the training images fill.
    """
    count = max(1, min(PROBES, len(batches.dataset.train_labels) // batch))
    found = [_angles(network, parameters, batches.train(rows)) for rows in _first(count, batch, batches)]
    return tuple(float(a) for a in np.mean(found, axis=0))


def _first(count: int, batch: int, batches: Batches) -> list[NDArray[np.int64]]:
    images = len(batches.dataset.train_labels)
    return [np.arange(k * batch, min((k + 1) * batch, images)) for k in range(count)]


def _angles(network: BurstCCN, parameters: Parameters, now: Activity) -> tuple[float, ...]:
    events_up(parameters, now.events)
    bursts_down(network, parameters, now)
    return angles(burst_changes(now), descent(parameters, now.events, now.targets))
