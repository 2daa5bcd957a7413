"""Runs a study: claims trials, has them run, stores each at once, and goes on where a run before stopped."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from joblib.externals.loky.process_executor import TerminatedWorkerError

from neurosim.errors import NeurosimError
from neurosim.processes.interrupt import remembered_interrupt
from neurosim.results.provenance import provenance
from neurosim.study.conclusion import conclude
from neurosim.study.outcome import Outcome, Task
from neurosim.study.results import read_results
from neurosim.study.source import StudySource
from neurosim.study.store import Claim, Store, open_store
from neurosim.study.study import FULL, Design, Study
from neurosim.study.values import Point
from neurosim.study.workers import Local, Workers
from neurosim.terminal.progress import Bar, counting_bar

_WAIT_SECONDS = 0.2
_WHOLE_RUN = 24 * 3600.0
_DIED = (
    "The process of this trial died, alone in its pool: killed, out of memory, or a crash in compiled code. "
    "Try it with fewer jobs or smaller parameters, then --retry-failed."
)


def run_study(
    source: StudySource,
    folder: str | Path,
    *,
    workers: Workers | None = None,
    size: str = FULL,
    settings: Mapping[str, Sequence[Any]] | None = None,
    retry_failed: bool = False,
    progress: bool = True,
) -> int:
    """Run what is not yet done of a study.

    Parameters
    ----------
    source : StudySource
        From `neurosim.study.load_study`.
    folder : path
        Of ``study.db`` and the artefacts of the trials.
    workers : Workers
        `Local` or `Dask`; one process if left out. The results do not depend on it.
    size : str
        "full" or "ci".
    settings : mapping
        Parameter -> the values to use instead of the study's.
    retry_failed : bool
        Run failed trials again; they are left alone otherwise.
    progress : bool
        Draw a bar on a terminal.

    Returns
    -------
    int
        Version of the results in the store: one for each text of the study, size and settings.

    Raises
    ------
    NeurosimError
        If the folder cannot be written, or the disk is full; finished trials stay.
    DataError
        If the database is damaged.
    """
    design = source.study.design(size, settings)
    # Trials may take minutes: the speed is that of the whole run, not of the last seconds.
    shown = counting_bar(source.study.name, len(design), wanted=progress, estimate_seconds=_WHOLE_RUN)
    with open_store(Path(folder)) as store, shown as bar:
        store.begin(source, size, settings or {}, provenance())
        if retry_failed:
            store.retry_failed()
        session = _Session(store, source, workers or Local(), bar)
        try:
            session.run(design)
        finally:
            store.release()
        _conclude(store, source.study)
    return store.version


def _conclude(store: Store, study: Study) -> None:
    """Store what only the study's own functions can say, so that readers need not run them."""
    if study.answer is None and study.check is None:
        return
    results = read_results(store.folder, store.version)
    store.conclude(conclude(study, results.table, whole=not (results.open or results.failures)))


class _Session:
    """One call of `run_study`."""

    def __init__(self, store: Store, source: StudySource, workers: Workers, bar: Bar) -> None:
        self._store, self._source, self._workers, self._bar = store, source, workers, bar
        self._flying: dict[str, Task] = {}
        self._error: BaseException | None = None

    def run(self, design: Design) -> None:
        for points in design.plan.rounds(self._score):
            self._store.add(points, design.seeds)
            self._round()

    def _score(self, point: Point, measure: str) -> float | None:
        found = self._store.scores(point, measure)
        return None if found is None else statistics.fmean(found)

    def _show(self, counts: Mapping[str, int]) -> None:
        name, failed = self._source.study.name, counts["failed"]
        self._bar.say(f"{name}, {failed} failed" if failed else name)
        self._bar.reach(counts["done"] + failed)

    def _round(self) -> None:
        """Until nothing is open: what another process has claimed is waited for, and done here if that one dies."""
        while True:
            self._store.release_dead()
            counts = self._store.counts()
            self._show(counts)
            if counts["todo"]:
                self._drain()
            elif counts["running"]:
                time.sleep(_WAIT_SECONDS)
            else:
                return

    def _drain(self) -> None:
        with remembered_interrupt() as check_interrupt:
            try:
                for outcome in self._workers.run(self._tasks()):
                    self._keep(outcome)
                    check_interrupt()
            except TerminatedWorkerError:
                check_interrupt()
                self._find_the_culprit()
        if self._error is not None:
            raise self._error

    def _tasks(self) -> Iterator[Task]:
        # joblib asks from threads of its own, which would swallow an error and wait for ever.
        try:
            # Outcomes that come faster than the disk takes them would pile up: the rest is for the next call.
            while len(self._flying) < self._workers.ahead and (claim := self._store.claim()) is not None:
                task = self._flying[claim.key] = self._task(claim)
                yield task
        except NeurosimError as error:
            self._error = error

    def _task(self, claim: Claim) -> Task:
        places = self._store.places(claim.key)
        return Task(claim.key, self._source.file, self._source.text, claim.point, claim.seed, *places)

    def _keep(self, outcome: Outcome) -> None:
        if outcome.stop:
            raise NeurosimError(f"{outcome.stop} Finished trials are stored; mend that and start again to go on.")
        self._store.finish(outcome)
        self._flying.pop(outcome.key, None)
        self._show(self._store.counts())

    def _find_the_culprit(self) -> None:
        """A process died and took the pool with it: whatever was under way runs alone, so that only the guilty one fails."""
        for task in list(self._flying.values()):
            try:
                self._keep(Local(2).alone(task))
            except TerminatedWorkerError:
                self._keep(Outcome(task.key, error=_DIED))
