"""Execution of a program from rest: samples run in parallel, or one after the other if weights learn."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.backends.emulator.arithmetic_choice import arithmetic_of
from neurosim.backends.emulator.guard import guard_for, info_of, no_tally, payload_spans, watched_populations
from neurosim.backends.emulator.kernel_run import KernelRun
from neurosim.backends.emulator.learning_run import run_learning
from neurosim.backends.emulator.recorder import check_probes, split_spikes, split_states
from neurosim.backends.emulator.to_arrays import Program, to_arrays
from neurosim.network.probes import SynapseProbe
from neurosim.program.courses import check_covered
from neurosim.program.inputs import complete_inputs
from neurosim.program.signals import complete_signals
from neurosim.results.recording import Recording


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
        States to record at every step, such as "u", "v", "theta", in the units of the program.
    arithmetic : str, optional
        "float", or for a program in integers "fixed" (arithmetic of Lava), "loihi1" (arithmetic of the first Loihi chip) or
        "unlimited" ("fixed", but states neither wrap nor saturate at 24 bits); if left out, "float" or "fixed".
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
    check_covered(program, steps)
    noisy = any(p.neuron.noise for p in program.populations)
    if watch or noisy or any(p.rule is not None for p in program.projections):
        return run_learning(program, steps, fed, probes, arithmetic, signals or {}, watch)
    complete_signals((), 1, steps, signals or {})
    arrays = to_arrays(program, code)
    feed = np.concatenate(list(fed.values()), axis=2) if fed else np.zeros((1, steps, 0), np.uint8)
    check_probes(program, probes)
    risks = watched_populations(program, code, arrays, payload_spans(program, fed), steps)
    tally = no_tally(len(feed), len(risks))
    run = KernelRun(program, code, arrays, guard_for(risks, program, code, arrays))
    wall, cpu = time.perf_counter(), time.process_time()
    spikes, probed = run.run(feed, tally, run.watch(probes))
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
