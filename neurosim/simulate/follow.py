"""How far a C++ program of Brian2 has come: it writes the fraction to a file, a thread reads it now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from neurosim.simulate.progress import Advance

_FILE = "fraction_done.txt"
REPORT = f'std::ofstream("{_FILE}") << completed;'
"""C++ that the program runs once a report period, in its folder."""
_PERIOD = 0.2


@contextmanager
def followed(folder: Path, advance: Advance) -> Iterator[None]:
    """Tell `advance` how far the program in `folder` is, while the block runs."""
    over = Event()

    def look() -> None:
        done = False
        while not done:
            done = over.wait(_PERIOD)
            # No file yet, or one that is being written.
            with suppress(OSError, ValueError):
                advance(float((folder / _FILE).read_text()))

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
