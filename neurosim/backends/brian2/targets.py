"""Where Brian2 runs a network: in this process with NumPy or Cython, or as a C++ program of its own."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2.build import BuildRequest, Built, build, spike_train
from neurosim.backends.brian2.environment import active_device, build_folder, preferences, seeded, standalone_device
from neurosim.backends.brian2.follow import followed, reporter
from neurosim.backends.brian2.names import FIRST_STEP, WEIGHT
from neurosim.backends.brian2.read import Sample, read
from neurosim.errors import UnsupportedError, UsageError
from neurosim.network.inputs import Raster
from neurosim.processes.stopwatch import Seconds, now
from neurosim.terminal.progress import Advance

_FLAGS = ("--param=vect-max-version-for-alias-checks=400", "-mprefer-vector-width=512", "-funroll-loops")
"""So that a loop computes eight neurons at once although it reads and writes ten and more arrays, and a search for spikes jumps
less. Brian2 drops what the compiler does not know."""


@dataclass(frozen=True)
class Job:
    """One call of `simulate`, ready to run.

    Attributes
    ----------
    request : BuildRequest
        What to build.
    rasters : mapping
        Input population -> (samples, steps, n).
    samples, steps : int
        How often and how long.
    advance : callable
        Told the fraction done.
    build_dir : path, optional
        Where C++ goes.
    """

    request: BuildRequest
    rasters: Mapping[str, Raster]
    samples: int
    steps: int
    advance: Advance
    build_dir: Path | None = None

    @property
    def duration(self) -> Any:
        """Of one sample, as a Brian2 time."""
        return self.steps * self.request.blueprint.dt * brian2.second

    def sample(self, k: int) -> dict[str, Raster]:
        """Rasters (steps, n) of sample `k`."""
        return {name: raster[k] for name, raster in self.rasters.items()}


@dataclass(frozen=True)
class Outcome:
    """What a target gives back: the samples in order, and the time inside Brian2's loop over steps."""

    samples: list[Sample]
    run: Seconds


def run_here(job: Job, codegen: str) -> Outcome:
    """Every sample in this process, each from the same initial state, with the weights that the one before left."""
    if job.build_dir is not None:
        raise UsageError(f"build_dir = {str(job.build_dir)!r} is for target='cpp_standalone'; {codegen!r} builds nothing.")
    with active_device("runtime"), preferences({"codegen.target": codegen}), seeded(job.request.seed):
        built = build(job.request, job.sample(0))
        built.network.store()
        done, spent = [], Seconds()
        for k in range(job.samples):
            if k:
                _rewind(built, job, k)
            loop = _Loop(job, k)
            with job.request.error_context():
                built.network.run(job.duration, report=loop, report_period=0.2 * brian2.second, namespace={})
            spent = spent.plus(loop.spent)
            done.append(read(built, job.request, job.steps))
        return Outcome(done, spent)


class _Loop:
    """Brian2's report hook, called when the loop over steps begins, now and then, and when it ends."""

    def __init__(self, job: Job, sample: int) -> None:
        self._job, self._sample = job, sample
        self._begun = now()
        self.spent = Seconds()

    def __call__(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        if completed == 0:
            self._begun = now()
        self.spent = now().since(self._begun)
        self._job.advance((self._sample + completed) / self._job.samples)


def _rewind(built: Built, job: Job, k: int) -> None:
    """To the initial state, but for what was learned."""
    learned = {name: np.array(getattr(synapses, WEIGHT)) for name, synapses in built.plastic.items()}
    built.network.restore()
    for name, weights in learned.items():
        setattr(built.plastic[name], WEIGHT, weights)
    for group in built.cells.values():
        if FIRST_STEP in group.variables:
            setattr(group, FIRST_STEP, k * job.steps)
    for name, raster in job.sample(k).items():
        built.sources[name].set_spikes(*spike_train(raster, job.request.blueprint.dt), sorted=True)


def run_standalone(job: Job) -> Outcome:
    """One sample as a C++ program."""
    if job.samples > 1:
        raise UnsupportedError(
            f"target='cpp_standalone' runs one sample in a call, found {job.samples}; "
            "use target='cython', or one call an image."
        )
    with build_folder(job.build_dir) as folder, standalone_device(), preferences(_compiler()), seeded(job.request.seed):
        built = build(job.request, job.sample(0))
        with job.request.error_context(), contextlib.redirect_stdout(io.StringIO()):
            built.network.add(reporter(job.steps, job.request.blueprint.dt))
            built.network.run(job.duration, namespace={})
            brian2.device.build(directory=str(folder), run=False, with_output=False)
            begun = now()
            with followed(folder, job.advance):
                brian2.device.run(with_output=False)
        return Outcome([read(built, job.request, job.steps)], now().since(begun))


def _compiler() -> dict[str, Any]:
    flags = "codegen.cpp.extra_compile_args_gcc"
    return {"devices.cpp_standalone.extra_make_args_unix": ["-j2"], flags: [*brian2.prefs[flags], *_FLAGS]}


TARGETS: Mapping[str, Callable[[Job], Outcome]] = {
    "numpy": partial(run_here, codegen="numpy"),
    "cython": partial(run_here, codegen="cython"),
    "cpp_standalone": run_standalone,
}
