"""Execution of a program from rest: samples run in parallel, or one after the other if weights learn."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.guard import Guard, guard_for, info_of, no_tally, payload_spans, watched_populations
from neurosim.backends.emulator.kernel_arrays import KernelArrays, State
from neurosim.backends.emulator.kernels import run_samples
from neurosim.backends.emulator.learning_run import run_learning
from neurosim.backends.emulator.recorder import Watch, events, split_spikes, split_states, watched
from neurosim.backends.emulator.session import arithmetic_of, at_rest
from neurosim.backends.emulator.to_arrays import Program, to_arrays, width
from neurosim.network.probes import SynapseProbe
from neurosim.program.inputs import complete_inputs
from neurosim.program.signals import complete_signals
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

_CHUNK_BYTES = 1 << 27


def emulate(
    program: Program,
    steps: int,
    *,
    inputs: Mapping[str, Any] | None = None,
    probes: Sequence[tuple[str, str]] = (),
    arithmetic: str | None = None,
    signals: Mapping[str, Any] | None = None,
    watch: Sequence[SynapseProbe] = (),
) -> Recording:
    """Run `program` for `steps` steps on every sample of its inputs.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Float difference equations, or chip integers.
    steps : int
        Number of steps of a sample. Every sample starts from rest. If weights learn, samples run one after the other, and each
        starts with the weights at the end of the sample before.
    inputs : mapping
        Source population -> payloads, shape (samples, steps, n). Sources that are left out are silent.
    probes : sequence of (population, variable)
        States to record at every step: "u", "v", "theta", in the units of the program.
    arithmetic : str, optional
        "float", or for a program in integers "fixed" (arithmetic of Lava) or "loihi1" (arithmetic of the first Loihi chip); if
        left out, "float" or "fixed".
    signals : mapping
        Third factor of a plasticity rule -> values (steps,), (samples, steps) or (samples, steps, n_post).
    watch : sequence of SynapseProbe
        Weights, tags and traces to record, sample after sample; the final weights of plastic projections are always recorded.

    Returns
    -------
    Recording
        Spikes of every population, the probed states (samples, steps, n), weights and other watched variables, in the units of
        the program.

    Raises
    ------
    NetworkError
        If an input, a signal or a probe does not fit the program.
    UnsupportedError
        If the program cannot run in this arithmetic.
    """
    code = arithmetic_of(program, arithmetic)
    fed = complete_inputs(program, steps, inputs or {})
    if watch or any(p.rule is not None for p in program.projections):
        return run_learning(program, steps, fed, probes, arithmetic, signals or {}, watch)
    complete_signals((), 1, steps, signals or {})
    arrays = to_arrays(program, code)
    feed = np.concatenate(list(fed.values()), axis=2) if fed else np.zeros((1, steps, 0), np.uint8)
    looked_at = watched(program, probes)
    risks = watched_populations(program, code, arrays, payload_spans(program, fed), steps)
    guard = guard_for(risks, program, code, arrays)
    tally = no_tally(len(feed), guard)
    wall, cpu = time.perf_counter(), time.process_time()
    spikes, probed = _run(code, arrays, guard, tally, program.populations, feed, looked_at)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Recording(
        dt=program.dt,
        steps=steps,
        samples=len(feed),
        sizes={p.name: p.n for p in program.populations},
        spikes=split_spikes(program, spikes, feed),
        states=split_states(program, probes, probed),
        info={
            "engine": "emulator",
            "arithmetic": code.name.lower(),
            "network": program.name,
            "seconds": seconds,
            **info_of(code, risks, tally),
        },
    )


def _run(
    code: Arithmetic, net: KernelArrays, guard: Guard, tally: Any, populations: Sequence[Any], feed: Any, watch: Watch
) -> tuple[list[Any], FloatArray]:
    """Spikes as returned by `events`, block by block, and the probed states."""
    samples, steps, _ = feed.shape
    total = width(populations)
    probed = np.zeros((samples, steps, len(watch.kind)))
    spikes = []
    ring = int(net.delay.max(initial=0)) * net.bias.itemsize
    per_chunk = max(1, _CHUNK_BYTES // max(1, total * max(steps, ring)))
    chunk_steps = min(steps, max(1, _CHUNK_BYTES // total))
    for s in range(0, samples, per_chunk):
        state = at_rest(net, total, min(per_chunk, samples - s))
        for k in range(0, steps, chunk_steps):
            here = np.s_[s : s + per_chunk, k : k + chunk_steps]
            raster = np.zeros(feed[here].shape[:2] + (total,), np.uint8)
            counted = (s + np.arange(len(raster))) * steps + k
            _run_chunk(code, net, guard, k, counted, state, tally[here[0]], feed[here], raster, watch, probed[here])
            spikes.append(events(populations, raster, s, k))
    return spikes, probed


def _run_chunk(
    code: Arithmetic, net: KernelArrays, guard: Guard, k: int, counted: Any, state: State, tally: Any, feed: Any, raster: Any,
    watch: Watch, out: Any,
) -> None:  # fmt: skip
    """Run blocks of samples in threads; the kernel releases Python's global lock."""
    words = raster.view(np.uint64)

    def block(part: slice) -> None:
        here = State._make(x[part] for x in state)
        run_samples(
            int(code), net, guard, None, None, counted[part], k, here, tally[part], feed[part], raster[part], words[part],
            *watch, out[part],
        )  # fmt: skip

    threads = min(len(raster), os.cpu_count() or 1)
    bounds = np.linspace(0, len(raster), threads + 1).astype(int)
    parts = [slice(a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    if threads == 1:
        block(parts[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, parts))
