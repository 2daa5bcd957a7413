"""A worker's side: run one trial, keep its artefacts if it ends well, and never raise."""

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
    """Run the trial of `task`; what goes wrong is in the outcome."""
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
    """What the trial returns; a name that it looked up in vain is said to be one where a parameter has it."""
    try:
        return study.trial(trial)
    except KeyError as error:
        words = {name: value for name, value in trial.parameters.items() if isinstance(value, str)}
        named = [f"{name} = {word!r}" for name, word in words.items() if error.args == (word,)]
        if not named:
            raise
        raise UsageError(f"Study {study.name!r}: {named[0]} is not known there; {file} says what is.") from error


def checked(study: Study, found: Any) -> dict[str, float]:
    """The measures of a trial as plain numbers.

    Raises
    ------
    NeurosimError
        If they are not the declared ones, or not finite numbers.
    """
    if not isinstance(found, Mapping):
        raise NeurosimError(f"Study {study.name!r}: the trial returned {type(found).__name__}; expected {{measure: number}}.")
    for name in found:
        if name not in study.measures:
            raise NeurosimError(f"Study {study.name!r}: " + unknown_name("measure", str(name), study.measures))
    for name in study.measures:
        if name not in found:
            raise NeurosimError(f"Study {study.name!r}: the trial returned no {name!r}; return every declared measure.")
    return {name: _number(study.name, name, found[name]) for name in study.measures}


def _number(study: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise NeurosimError(f"Study {study!r}: measure {name!r} is {value!r}; expected a number.") from None
    if not math.isfinite(number):
        raise NeurosimError(
            f"Study {study!r}: measure {name!r} is {number}; expected a finite number. "
            "A mean over nothing gives that: let the trial return what it means there."
        )
    return number


def _keep(partial: Path, final: Path) -> None:
    """Artefacts get their name at once; those of a run that was killed before it was stored make room."""
    if final.exists():
        shutil.rmtree(final)
    if partial.exists():
        os.replace(partial, final)


def _hopeless(error: BaseException, final: Path) -> str:
    number = getattr(error, "errno", None) or getattr(error.__cause__, "errno", None)
    return f"{final.parent}: {os.strerror(number)}." if number in _HOPELESS else ""


def follow(parent: int) -> None:
    """Begin a worker process: leave Ctrl-C to `parent`, and end soon after it, even if that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
