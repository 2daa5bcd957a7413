"""Ctrl-C that is not lost.

Python drops a KeyboardInterrupt that arrives while a finaliser or a callback runs; the run would go on as if nothing had been
pressed. So the handler also leaves a mark, which the loop over the outcomes looks at.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def remembered_interrupt() -> Iterator[Callable[[], None]]:
    """Within the block, a function that raises KeyboardInterrupt if one has come and was dropped."""
    mark = threading.Event()

    def check() -> None:
        if mark.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return

    def handler(*_: Any) -> None:
        mark.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
