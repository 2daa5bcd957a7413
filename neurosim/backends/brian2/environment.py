"""Brian2's global settings, changed for one run and then as they were."""

from __future__ import annotations

import gc
import shlex
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
    """The folder that was given, or one that goes away afterwards; what Brian2 starts meanwhile ends with this process."""
    try:
        with supervised() as children, preferences(_marked(children.mark)):
            yield given or children.folder
    except ChildLost as error:
        raise SimulationError(f"Brian2's C++ program has no place: {error}.") from None


def _marked(mark: str) -> dict[str, Any]:
    """Brian2's commands, with `mark` in their environment."""
    make, run = (f"devices.cpp_standalone.{name}_cmd_unix" for name in ("make", "run"))
    words = brian2.prefs[run]
    return {
        make: f"env {shlex.quote(mark)} {brian2.prefs[make]}",
        run: ["env", mark, *([words] if isinstance(words, str) else words)],
    }


@contextmanager
def preferences(wanted: Mapping[str, Any]) -> Iterator[None]:
    """Brian2's preferences for a while; always in float64, which the other executions compute in."""
    wanted = {"core.default_float_dtype": np.float64, **wanted}
    before = {name: brian2.prefs[name] for name in wanted}
    try:
        for name, value in wanted.items():
            brian2.prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            brian2.prefs[name] = value


@contextmanager
def active_device(name: str) -> Iterator[None]:
    """Another of Brian2's devices for a while."""
    brian2.set_device(name, build_on_run=False)
    try:
        yield
    finally:
        reset_device()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Brian2's random numbers from `seed`; NumPy's global ones, which it takes, are afterwards as they were."""
    before = np.random.get_state()
    brian2.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def standalone_device() -> Iterator[None]:
    """The C++ device, empty before and after, so that calls can follow each other."""
    with active_device("cpp_standalone"):
        _empty()
        try:
            yield
        finally:
            _empty()


def _empty() -> None:
    # Objects of a run before that are still alive keep their names, and new ones get others: a program in the same folder
    # would be compiled as a whole, not only where it changed.
    gc.collect()
    brian2.device.reinit()
    brian2.device.activate(build_on_run=False)
