"""Changes of Brian2's global settings for one run; they are restored afterwards."""

from __future__ import annotations

import gc
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2.devices import reset_device

from neurosim.errors import SimulationError
from neurosim.processes.child import ChildLost, supervised


@contextmanager
def build_folder(given: Path | None) -> Iterator[Path]:
    """The given folder, or a temporary one; processes that Brian2 starts meanwhile end together with this process."""
    try:
        with supervised() as children, preferences(_marked(children.mark)):
            yield given or children.folder
    except ChildLost as error:
        raise SimulationError(f"Brian2's C++ program has no folder to be built in: {error}.") from None


def _marked(mark: str) -> dict[str, Any]:
    """Brian2's commands, with `mark` in their environment."""
    make, run = (f"devices.cpp_standalone.{name}_cmd_unix" for name in ("make", "run"))
    words = brian2.prefs[run]
    return {
        make: f"env {shlex.quote(mark)} {brian2.prefs[make]}",
        run: ["env", mark, *([words] if isinstance(words, str) else words)],
    }


def _mend_handler() -> None:
    """Make Brian2's handler of Ctrl-C call a function; what it found when it was imported is none in a background process."""
    handler = getattr(brian2, "_int_handler", None)
    if handler is not None and not callable(handler.previous_handler):
        ignored = handler.previous_handler is signal.SIG_IGN
        handler.previous_handler = _ignore if ignored else signal.default_int_handler


def _ignore(number: int, frame: Any) -> None:
    pass


@contextmanager
def preferences(wanted: Mapping[str, Any]) -> Iterator[None]:
    """Set Brian2's preferences for the block; always with float64, in which the other executions compute.

    Ctrl-C raises KeyboardInterrupt, as it does in the versions of Brian2 that have no preference for it. By default, newer ones
    end the run instead, as if the steps that are left had no spikes.
    """
    stops = {name: False for name in ("core.stop_on_keyboard_interrupt",) if name in brian2.prefs}
    wanted = {"core.default_float_dtype": np.float64, **stops, **wanted}
    _mend_handler()
    before = {name: brian2.prefs[name] for name in wanted}
    try:
        for name, value in wanted.items():
            brian2.prefs[name] = value
        yield
    finally:
        # Brian2 leaves this mark when a run is interrupted, and would then ignore a Ctrl-C that comes after the run.
        brian2.Network._globally_running = False
        for name, value in before.items():
            brian2.prefs[name] = value


@contextmanager
def active_device(name: str) -> Iterator[None]:
    """Use the Brian2 device `name` within the block."""
    brian2.set_device(name, build_on_run=False)
    try:
        yield
    finally:
        reset_device()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Brian2's random numbers; the state of NumPy's global generator, which Brian2 uses, is restored afterwards."""
    before = np.random.get_state()
    brian2.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def standalone_device() -> Iterator[None]:
    """Use the C++ device, which is emptied before and after, so that one call can follow another."""
    with active_device("cpp_standalone"):
        _empty()
        try:
            yield
        finally:
            _empty()


def _empty() -> None:
    # Objects of an earlier run that are still alive keep their names, so new ones would get other names, and a program in the
    # same folder would be compiled completely instead of only where it changed.
    gc.collect()
    brian2.device.reinit()
    brian2.device.activate(build_on_run=False)
