"""Stretches that Ctrl-C has interrupted: the run behind them is in a state between two steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neurosim.errors import UsageError


class Unbroken:
    """Whether every stretch of a running network was computed as a whole."""

    def __init__(self) -> None:
        self._broken = False

    def check(self) -> None:
        """UsageError if a stretch was interrupted."""
        if self._broken:
            raise UsageError(
                "Running: a stretch was interrupted by Ctrl-C, so the state of the network is that of no step. Start it again, "
                "or resume it from a file that save has written."
            )

    @contextmanager
    def stretch(self) -> Iterator[None]:
        """Context in which steps are computed."""
        self.check()
        try:
            yield
        except KeyboardInterrupt:
            self._broken = True
            raise
