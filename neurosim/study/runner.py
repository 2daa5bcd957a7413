"""Running a study: trials are claimed, run by workers and stored immediately; a new run continues where the last stopped."""

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
    "The process of this trial died while no other trial was running: it was killed, ran out of memory, or crashed in compiled "
    "code. Try fewer jobs or smaller parameters, with --retry-failed."
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
    """Run all trials of a study that are not finished yet.

    Parameters
    ----------
    source : StudySource
        Study to run, from `neurosim.study.source.load_study`.
    folder : path
        Folder for ``study.db`` and the artefacts of the trials.
    workers : Workers
        `Local` or `Dask`; one process if left out. The results do not depend on it.
    size : str
        Size of the study, "full" or "ci".
    settings : mapping
        Parameter -> values to use instead of those of the study.
    retry_failed : bool
        Run failed trials again; otherwise they are left alone.
    progress : bool
        Show a progress bar if the output is a terminal.

    Returns
    -------
    int
        Version of the results in the store. Each combination of study text, size and settings has its own version.

    Raises
    ------
    NeurosimError
        If the folder cannot be written, or the disk is full; finished trials stay.
    DataError
        If the database is damaged.
    """
    design = source.study.design(size, settings)
    # Trials may take minutes, so the remaining time is estimated from the whole run, not from the last seconds.
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
    """Compute and store the conclusion of the study's own functions, so that reading results need not run them."""
    if study.answer is None and study.check is None:
        return
    results = read_results(store.folder, store.version)
    store.conclude(conclude(study, results.table, whole=not (results.open or results.failures)))


class _Session:
    """State of one call of `run_study`."""

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
        """Run until no trial is open. Trials claimed by another process are waited for, and run here if that process dies."""
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
        # joblib calls this from its own threads, which would hide an error and wait for ever.
        try:
            # The number of trials in flight is limited, because outcomes could arrive faster than the disk can store them.
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
            raise NeurosimError(f"{outcome.stop} Finished trials are stored; solve this problem and start again to continue.")
        self._store.finish(outcome)
        self._flying.pop(outcome.key, None)
        self._show(self._store.counts())

    def _find_the_culprit(self) -> None:
        """Run the trials in flight one at a time after the pool died, so that only the trial whose process died fails."""
        for task in list(self._flying.values()):
            try:
                self._keep(Local(2).alone(task))
            except TerminatedWorkerError:
                self._keep(Outcome(task.key, error=_DIED))
