"""Progress bar of a training over all images of all epochs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from neurosim.terminal.progress import Bar, counting_bar


class Scored(Protocol):
    """Results of an epoch that the progress bar shows."""

    @property
    def epoch(self) -> int:
        """Number of the epoch, from 0."""

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the test images, from 0 to 1."""

    @property
    def seconds(self) -> float:
        """Wall time of the epoch."""


@contextmanager
def epoch_bar(epochs: int, images: int, done: int, wanted: bool) -> Iterator[Bar]:
    """Progress bar over `images` images in each of `epochs` epochs, of which `done` images are already done."""
    with counting_bar("epoch 1", epochs * images, done=done, wanted=wanted, unit="images") as bar:
        yield bar


def figures(epoch: Scored) -> str:
    """Results of the last epoch as text for the progress bar."""
    return f"epoch {epoch.epoch + 1}: {100 * epoch.test_accuracy:.2f} % on test, {epoch.seconds:.1f} s per epoch"
