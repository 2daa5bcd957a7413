"""The bar of a training over all images of all epochs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from neurosim.terminal.progress import Bar, counting_bar


class Scored(Protocol):
    """What the bar shows of an epoch."""

    @property
    def epoch(self) -> int:
        """Its number, from 0."""

    @property
    def test_accuracy(self) -> float:
        """From 0 to 1."""

    @property
    def seconds(self) -> float:
        """Wall time that it took."""


@contextmanager
def epoch_bar(epochs: int, images: int, done: int, wanted: bool) -> Iterator[Bar]:
    """A bar over the `images` of all `epochs`, of which `done` are done."""
    with counting_bar("epoch 1", epochs * images, done=done, wanted=wanted, unit="images") as bar:
        yield bar


def figures(epoch: Scored) -> str:
    """The figures of the last epoch, for the bar."""
    return f"epoch {epoch.epoch + 1}: {100 * epoch.test_accuracy:.2f} % on test, {epoch.seconds:.1f} s per epoch"
