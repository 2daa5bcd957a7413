"""Where trials run: in this process, in processes of this machine (joblib with loky), or on a Dask cluster."""

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

# Whoever stops early (a full disk) knows that trials under way are lost; joblib says so from a thread of its own.
warnings.filterwarnings("ignore", r"\d+ tasks (have been|which were)", UserWarning, r"joblib\.parallel")

_LEFT = "ignore:resource_tracker:UserWarning"


class Workers(Protocol):
    """Runs trials and gives back outcomes as they come."""

    @property
    def ahead(self) -> int:
        """How many trials may be claimed and not yet stored; far above twice the workers, so that none is idle."""

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        """Outcomes in the order in which they are ready; a task is asked for when a worker is free."""


@dataclass(frozen=True)
class Local:
    """`jobs` processes of this machine, each with one thread; a single job runs in this very process."""

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
        """Run one task in a process of its own: raises TerminatedWorkerError if that dies."""
        (outcome,) = Local(max(self.jobs, 2)).run(iter([task]))
        return outcome


@dataclass(frozen=True)
class Dask:
    """A cluster at `address`, which has neurosim installed and writes to the same folder (extra `cluster`)."""

    address: str

    @property
    def ahead(self) -> int:
        return 10_000

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        with _client(self.address) as client, joblib.parallel_config(backend="dask", client=client):
            yield from _parallel(tasks, -1)


def _start_tracker() -> None:
    """Start loky's process that removes what a killed run leaves: semaphores and folders in memory.

    It does so in silence: its warning that they were left would appear on the terminal seconds after the run was killed.
    """
    sys.warnoptions.append(_LEFT)
    try:
        # It takes the options of this interpreter.
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_LEFT)


def _parallel(tasks: Iterator[Task], jobs: int) -> Iterator[Outcome]:
    # One trial a batch, so that each is stored when it is ready; nothing is memory-mapped: tasks are small.
    parallel = joblib.Parallel(jobs, return_as="generator_unordered", batch_size=1, max_nbytes=None)
    with closing(parallel(joblib.delayed(execute)(task) for task in tasks)) as outcomes:
        yield from outcomes


def _client(address: str) -> AbstractContextManager[Any]:
    try:
        # Looked up by name: with and without the package, the type checker would ask for different exemptions.
        client = importlib.import_module("distributed").Client
    except ImportError:
        raise UsageError("--dask needs dask: pip install 'neurosim[cluster]', or use --jobs.") from None
    try:
        connected: AbstractContextManager[Any] = client(address, timeout="10s")
        return connected
    except OSError as error:
        raise UsageError(f"--dask {address}: no scheduler answers there ({error}); start one with 'dask scheduler'.") from None


def workers_for(jobs: int, dask: str | None) -> Workers:
    """Workers as a user asks for them; negative `jobs` count from the number of cores."""
    if jobs == 0:
        raise UsageError("--jobs 0: expected a number of processes, or -1 for one a core.")
    return Dask(dask) if dask is not None else Local(joblib.effective_n_jobs(jobs))
