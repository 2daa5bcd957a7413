"""Ctrl-C that loses nothing: it waits for the end of a block of work, or is remembered where Python would drop it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Within the block, a function that returns whether Ctrl-C was pressed; a second one interrupts at once."""
    pressed = threading.Event()

    def handler(*_: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    with _handling(handler):
        yield pressed.is_set


@contextmanager
def remembered_interrupt() -> Iterator[Callable[[], None]]:
    """Within the block, a function that raises KeyboardInterrupt if one has come and was dropped.

    Python drops a KeyboardInterrupt that arrives while a finaliser or a callback runs; the run would go on as if nothing had
    been pressed. So the handler also leaves a mark, which the loop over the outcomes looks at.
    """
    mark = threading.Event()

    def check() -> None:
        if mark.is_set():
            raise KeyboardInterrupt

    def handler(*_: Any) -> None:
        mark.set()
        raise KeyboardInterrupt

    with _handling(handler):
        yield check


@contextmanager
def _handling(handler: Callable[..., None]) -> Iterator[None]:
    """Ctrl-C goes to `handler`; in another thread than the main one, which cannot set it, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
