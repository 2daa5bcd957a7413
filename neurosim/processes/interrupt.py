"""Handling of Ctrl-C: it takes effect after a block of work, or is remembered when Python would drop it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_STOPPING = b"\nstopping after the present block of work; press Ctrl-C again to stop at once\n"


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Context with a function that returns whether Ctrl-C was pressed; a second Ctrl-C interrupts immediately.

    The first one says so on standard error, because the present block of work may take another minute.
    """
    pressed = threading.Event()

    def handler(*_: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        # A handler must not print: it may have interrupted a print.
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), _STOPPING)

    with _handling(handler):
        yield pressed.is_set


@contextmanager
def remembered_interrupt() -> Iterator[Callable[[], None]]:
    """Context with a function that raises KeyboardInterrupt if Ctrl-C was pressed, even if Python dropped the exception.

    Python drops a KeyboardInterrupt that arrives while a finaliser or a callback runs; the run would continue as if nothing had
    been pressed. The handler therefore also sets an event, which the loop over the outcomes checks.
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
    """Context in which `handler` handles Ctrl-C; outside the main thread, which alone can set a handler, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
