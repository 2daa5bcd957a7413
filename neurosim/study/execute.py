"""Running one trial in a worker: artefacts are kept if the trial succeeds, and errors are returned, never raised."""

from __future__ import annotations

import errno
import math
import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import NeurosimError, UsageError, unknown_name
from neurosim.study.outcome import Outcome, Task
from neurosim.study.source import study_of
from neurosim.study.study import Study
from neurosim.study.trial import Trial
from neurosim.study.values import lively

_HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_WATCH_SECONDS = 0.5


def execute(task: Task) -> Outcome:
    """Run the trial of `task`; if it fails, the outcome contains the error."""
    started = time.perf_counter()
    final = Path(task.folder)
    trial = Trial({name: lively(value) for name, value in task.point.items()}, task.seed, Path(task.partial))
    try:
        study = study_of(task.file, task.text).study
        measures = checked(study, _measured(study, trial, task.file))
        _keep(trial.place, final)
        return Outcome(task.key, measures, trial.data, time.perf_counter() - started)
    except Exception as error:
        return Outcome(
            task.key, seconds=time.perf_counter() - started, error=traceback.format_exc(), stop=_hopeless(error, final)
        )
    finally:
        shutil.rmtree(trial.place, ignore_errors=True)


def _measured(study: Study, trial: Trial, file: str) -> Any:
    """Run the trial and return its result; if a KeyError is about the value of a parameter, name this parameter."""
    try:
        return study.trial(trial)
    except KeyError as error:
        words = {name: value for name, value in trial.parameters.items() if isinstance(value, str)}
        named = [f"{name} = {word!r}" for name, word in words.items() if error.args == (word,)]
        if not named:
            raise
        raise UsageError(f"Study {study.name!r}: {named[0]} is not a known value; see {file} for the known ones.") from error


def checked(study: Study, found: Any) -> dict[str, float]:
    """The measures of a trial as plain numbers.

    Raises
    ------
    NeurosimError
        If they are not those that the study declares, or not finite numbers.
    """
    if not isinstance(found, Mapping):
        raise NeurosimError(f"Study {study.name!r}: the trial returned {type(found).__name__}; expected {{measure: number}}.")
    for name in found:
        if name not in study.measures:
            raise NeurosimError(f"Study {study.name!r}: " + unknown_name("measure", str(name), study.measures))
    for name in study.measures:
        if name not in found:
            raise NeurosimError(f"Study {study.name!r}: the trial did not return {name!r}; return every declared measure.")
    return {name: _number(study.name, name, found[name]) for name in study.measures}


def _number(study: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise NeurosimError(f"Study {study!r}: measure {name!r} is {value!r}; expected a number.") from None
    if not math.isfinite(number):
        raise NeurosimError(
            f"Study {study!r}: measure {name!r} is {number}; expected a finite number. "
            "The mean of an empty array is not finite, for example: let the trial return a number for this case."
        )
    return number


def _keep(partial: Path, final: Path) -> None:
    """Rename the artefacts to their final name; they replace those of a run that was killed before it was stored."""
    if final.exists():
        shutil.rmtree(final)
    if partial.exists():
        os.replace(partial, final)


def _hopeless(error: BaseException, final: Path) -> str:
    number = getattr(error, "errno", None) or getattr(error.__cause__, "errno", None)
    return f"{final.parent}: {os.strerror(number)}." if number in _HOPELESS else ""


def follow(parent: int) -> None:
    """Set up a worker process: it ignores Ctrl-C, which `parent` handles, and ends soon after `parent`, even a killed one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
