"""Targets on which Brian2 runs a network: in this process with NumPy or Cython, or as a separate C++ program."""

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

from neurosim.backends.brian2 import payloads
from neurosim.backends.brian2.build import BuildRequest, Built, build, spike_train
from neurosim.backends.brian2.environment import active_device, build_folder, preferences, seeded, standalone_device
from neurosim.backends.brian2.follow import followed, reporter
from neurosim.backends.brian2.names import FIRST_ROW, FIRST_STEP, WEIGHT
from neurosim.backends.brian2.read import Sample, read
from neurosim.errors import NetworkError, UnsupportedError, UsageError
from neurosim.network.inputs import Raster
from neurosim.processes.stopwatch import Seconds, now
from neurosim.terminal.progress import Advance

_FLAGS = ("--param=vect-max-version-for-alias-checks=400", "-mprefer-vector-width=512", "-funroll-loops")
"""Compiler flags with which a loop computes eight neurons at once although it reads and writes ten or more arrays, and a search
for spikes has fewer jumps. Brian2 drops flags that the compiler does not know."""


@dataclass(frozen=True)
class Job:
    """One call of `simulate`, ready to run.

    Attributes
    ----------
    request : BuildRequest
        What to build.
    rasters : mapping
        Input population -> spikes (samples, steps, n).
    samples, steps : int
        Number of samples, and of steps per sample.
    advance : callable
        Function that is called with the completed fraction.
    build_dir : path, optional
        Folder of the C++ program.
    """

    request: BuildRequest
    rasters: Mapping[str, Raster]
    samples: int
    steps: int
    advance: Advance
    build_dir: Path | None = None

    @property
    def duration(self) -> Any:
        """Duration of one sample, as a Brian2 time."""
        return self.steps * self.request.blueprint.dt * brian2.second

    def sample(self, k: int) -> dict[str, Raster]:
        """Rasters (steps, n) of sample `k`."""
        return {name: raster[k] for name, raster in self.rasters.items()}


@dataclass(frozen=True)
class Outcome:
    """Result of a target: the samples in order, and the time inside Brian2's loop over steps."""

    samples: list[Sample]
    run: Seconds


def run_here(job: Job, codegen: str) -> Outcome:
    """Run every sample in this process, from the same initial state, with the weights at the end of the sample before."""
    if job.build_dir is not None:
        raise UsageError(f"build_dir = {str(job.build_dir)!r} needs target='cpp_standalone', found {codegen!r}; leave it out.")
    with active_device("runtime"), preferences({"codegen.target": codegen}), seeded(job.request.seed):
        built = build(job.request, job.sample(0))
        built.network.store()
        done, spent = [], Seconds()
        for k in range(job.samples):
            if k:
                _rewind(built, job, k)
            loop = _Loop(job, k, built)
            with job.request.error_context():
                built.network.run(job.duration, report=loop, report_period=0.2 * brian2.second, namespace={})
            spent = spent.plus(loop.spent)
            done.append(read(built, job.request, job.steps))
        return Outcome(done, spent)


class _Loop:
    """Brian2's report hook, which is called at the beginning of the loop over steps, regularly during it, and at its end."""

    def __init__(self, job: Job, sample: int, built: Built) -> None:
        self._job, self._sample, self._built = job, sample, built
        self._begun = now()
        self.spent = Seconds()

    def __call__(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        if completed == 0:
            require_compiled(self._built.network)
            self._begun = now()
        self.spent = now().since(self._begun)
        self._job.advance((self._sample + completed) / self._job.samples)


def require_compiled(network: brian2.Network) -> None:
    """Raise NetworkError if Cython did not compile a statement."""
    # Brian2 passes over code that Cython does not compile: it would run on without those statements.
    for owner in network.sorted_objects:
        for code in owner.code_objects:
            if code.compiled_code["run"] is None and _has_statements(code.code):
                raise NetworkError(
                    f"Cython does not compile the statements of {owner.name!r} ({code.template_name}); its message is above. "
                    "Assign whole numbers to integer variables, with int(...); or run with target='numpy'."
                )


def _has_statements(code: Any) -> bool:
    return bool(code.run.strip()) and "EMPTY_CODE_BLOCK" not in code.run


def _rewind(built: Built, job: Job, k: int) -> None:
    """Set the network back to the initial state, but keep the learned weights."""
    learned = {name: np.array(getattr(synapses, WEIGHT)) for name, synapses in built.plastic.items()}
    built.network.restore()
    for name, weights in learned.items():
        setattr(built.plastic[name], WEIGHT, weights)
    for group in built.cells.values():
        if FIRST_STEP in group.variables:
            setattr(group, FIRST_STEP, k * job.steps)
            setattr(group, FIRST_ROW, -k * job.steps)
    for normaliser in built.normalisers:
        normaliser.first = k * job.steps
    payloads.tell(job.request.blueprint, built.wiring, job.sample(k))
    for name, raster in job.sample(k).items():
        built.sources[name].set_spikes(*spike_train(raster, job.request.blueprint.dt), sorted=True)


def run_standalone(job: Job) -> Outcome:
    """Run one sample as a C++ program."""
    if job.samples > 1:
        raise UnsupportedError(
            f"target='cpp_standalone' runs one sample per call, found {job.samples}; "
            "use target='cython', or one call per image."
        )
    for wires in job.request.blueprint.plastic:
        if wires.learning is not None and wires.learning.rule.normalise is not None:
            raise UnsupportedError(
                f"Projection {wires.name!r}: its rule normalises weights, and a C++ program of Brian2 has no step for that; "
                "use target='numpy' or 'cython'."
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
