"""Images as mini-batches: learned from in a given order, tested, and measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.data import Dataset
from neurosim.rate.activity import Activity
from neurosim.rate.burstccn import BurstCCN
from neurosim.rate.gradient import angles, burst_changes, descent
from neurosim.rate.parameters import Parameters
from neurosim.rate.step import activity, bursts_down, events_up, step

TEST_BATCH = 1000
"""Images tested at once; changes no result."""
PROBES = 16
"""Mini-batches over which angles are averaged."""


@dataclass(frozen=True)
class Running:
    """What is known of an epoch that is under way; all zero at its start.

    Attributes
    ----------
    images : int
        Learned from.
    errors : int
        Of these, with another answer than the label before they were learned.
    loss : float
        Sum of ``sum((t - e)^2) / 2`` over them.
    seconds, cpu_seconds : float
        Of learning.
    """

    images: int = 0
    errors: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Batches:
    """Mini-batches of a data set for a network: grey values become events from 0 to 1, labels targets of 0 and 1."""

    sizes: tuple[int, ...]
    dataset: Dataset
    dtype: DTypeLike = np.float32

    @cached_property
    def _made(self) -> dict[int, Activity]:
        return {}

    def activity(self, images: int) -> Activity:
        """Arrays for so many images, the same ones each time."""
        if images not in self._made:
            self._made[images] = activity(self.sizes, images, self.dtype)
        return self._made[images]

    def train(self, rows: NDArray[np.int64]) -> Activity:
        """Training images with these numbers."""
        now, labels = self.activity(len(rows)), self.dataset.train_labels[rows]
        self._fill(now, self.dataset.train_images[rows])
        now.targets[:] = 0
        now.targets[labels, np.arange(len(rows))] = 1
        return now

    def tests(self, part: slice) -> Activity:
        """Test images, without targets."""
        images = self.dataset.test_images[part]
        now = self.activity(len(images))
        self._fill(now, images)
        return now

    def _fill(self, now: Activity, images: NDArray[np.uint8]) -> None:
        np.multiply(images.T, now.events[0].dtype.type(1 / self.dataset.max_value), out=now.events[0])


def learn_rows(
    network: BurstCCN, parameters: Parameters, batches: Batches, rows: NDArray[np.int64], batch: int
) -> tuple[int, float]:
    """Learn from the training images with these numbers; how many were wrong before that, and their loss."""
    errors, loss = 0, 0.0
    for k in range(0, len(rows), batch):
        here = rows[k : k + batch]
        now = batches.train(here)
        step(network, parameters, now)
        errors += int(np.count_nonzero(now.events[-1].argmax(axis=0) != batches.dataset.train_labels[here]))
        loss += float(np.square(now.targets - now.events[-1]).sum()) / 2
    return errors, loss


def test_error(parameters: Parameters, batches: Batches) -> float:
    """Part of the test images whose largest output is another than the label's."""
    labels, wrong = batches.dataset.test_labels, 0
    for k in range(0, len(labels), TEST_BATCH):
        part = slice(k, k + TEST_BATCH)
        now = batches.tests(part)
        events_up(parameters, now.events)
        wrong += int(np.count_nonzero(now.events[-1].argmax(axis=0) != labels[part]))
    return wrong / len(labels)


def gradient_angles(network: BurstCCN, parameters: Parameters, batches: Batches, batch: int) -> tuple[float, ...]:
    """Degrees between the change of each layer's weights and the exact descent, mean over the first mini-batches.

    Nothing is learned. There are `PROBES` mini-batches, or as many as the training images fill.
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
