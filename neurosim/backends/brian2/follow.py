"""Progress of a C++ program of Brian2: it writes the completed fraction to a file, and a thread reads it regularly.

Brian2's own report reads the processor's clock before every object in every step, which takes longer than most objects do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import brian2

from neurosim.terminal.progress import Advance

_FILE = "fraction_done.txt"
_PERIOD = 0.2
_REPORTS = 200
"""Number of progress reports in a run."""
_CPP = f"""
static inline double neurosim_report(double fraction) {{
    std::ofstream("{_FILE}") << fraction;
    return fraction;
}}
"""


def reporter(steps: int, dt: float) -> Any:
    """A group that writes the completed fraction of `steps` about two hundred times in a run; `dt` is in seconds."""
    every, total = max(1, steps // _REPORTS) * dt, steps * dt
    period, words = every * brian2.second, {"neurosim_report": _report()}
    group = brian2.NeuronGroup(1, "done : 1", dt=period, namespace=words, name="reporter")
    group.run_regularly(f"done = neurosim_report(t/({total!r}*second))", dt=period)
    return group


def _report() -> Any:
    made = brian2.Function(_nothing, arg_units=[1], return_unit=1, stateless=False)
    made.implementations.add_implementation("cpp", code=_CPP, name="neurosim_report", compiler_kwds={"headers": ["<fstream>"]})
    return made


def _nothing(fraction: Any) -> Any:
    return fraction


@contextmanager
def followed(folder: Path, advance: Advance) -> Iterator[None]:
    """Call `advance` with the completed fraction of the program in `folder` while the block runs."""
    over = Event()

    def look() -> None:
        done = False
        while not done:
            done = over.wait(_PERIOD)
            # The file may not exist yet, or may be incomplete.
            with suppress(OSError, ValueError):
                advance(float((folder / _FILE).read_text()))

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    advance(1.0)
