"""Workers that run trials: this process, several processes of this machine (joblib with loky), or a Dask cluster."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any, Protocol

import joblib
from joblib.externals.loky.backend import resource_tracker
from threadpoolctl import threadpool_limits

from neurosim.errors import UsageError
from neurosim.study.execute import execute, follow
from neurosim.study.outcome import Outcome, Task

# After an early stop (a full disk), joblib warns from one of its threads that trials in flight are lost, which is expected.
warnings.filterwarnings("ignore", r"\d+ tasks (have been|which were)", UserWarning, r"joblib\.parallel")

_LEFT = "ignore:resource_tracker:UserWarning"


class Workers(Protocol):
    """Interface of objects that run trials and return their outcomes."""

    @property
    def ahead(self) -> int:
        """Largest number of claimed trials that are not yet stored; far above the number of workers, so that none is idle."""

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        """Run tasks and yield outcomes in the order in which they are ready; a task is requested when a worker is free."""


@dataclass(frozen=True)
class Local:
    """Workers on this machine: `jobs` processes, each with one thread; a single job runs in the current process."""

    jobs: int = 1

    @property
    def ahead(self) -> int:
        return 64 * self.jobs

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        with self._limited():
            yield from _parallel(tasks, self.jobs)

    def _limited(self) -> AbstractContextManager[Any]:
        if self.jobs == 1:
            return threadpool_limits(1)  # type: ignore[no-any-return]
        _start_tracker()
        return joblib.parallel_config(backend="loky", inner_max_num_threads=1, initializer=follow, initargs=(os.getpid(),))  # type: ignore[no-any-return]

    def alone(self, task: Task) -> Outcome:
        """Run one task in a separate process; raise TerminatedWorkerError if that process dies."""
        (outcome,) = Local(max(self.jobs, 2)).run(iter([task]))
        return outcome


@dataclass(frozen=True)
class Dask:
    """Workers on a Dask cluster at `address`, which has neurosim installed and access to the same folder (extra `cluster`)."""

    address: str

    @property
    def ahead(self) -> int:
        return 10_000

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        with _client(self.address) as client, joblib.parallel_config(backend="dask", client=client):
            yield from _parallel(tasks, -1)


def _start_tracker() -> None:
    """Start loky's process that removes the semaphores and memory folders of a killed run.

    Its warning about them is switched off, because it would appear on the terminal seconds after the run was killed.
    """
    sys.warnoptions.append(_LEFT)
    try:
        # The process inherits the warning options of this interpreter.
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_LEFT)


def _parallel(tasks: Iterator[Task], jobs: int) -> Iterator[Outcome]:
    # A batch is one trial, so that each is stored when it is ready. Tasks are small, so memory-mapping is switched off.
    parallel = joblib.Parallel(jobs, return_as="generator_unordered", batch_size=1, max_nbytes=None)
    with closing(parallel(joblib.delayed(execute)(task) for task in tasks)) as outcomes:
        yield from outcomes


def _client(address: str) -> AbstractContextManager[Any]:
    try:
        # Imported by name, because the type checker would need different exemptions with and without the package.
        client = importlib.import_module("distributed").Client
    except ImportError:
        raise UsageError("--dask needs dask: pip install 'neurosim[cluster]', or use --jobs.") from None
    try:
        connected: AbstractContextManager[Any] = client(address, timeout="10s")
        return connected
    except OSError as error:
        raise UsageError(f"--dask {address}: no scheduler answers ({error}); start one with 'dask scheduler'.") from None


def workers_for(jobs: int, dask: str | None) -> Workers:
    """Workers for the options of the command line; negative `jobs` count from the number of cores."""
    if jobs == 0:
        raise UsageError("--jobs 0: expected a number of processes, or -1 for one per core.")
    return Dask(dask) if dask is not None else Local(joblib.effective_n_jobs(jobs))
