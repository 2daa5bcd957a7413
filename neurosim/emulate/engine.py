"""Running a packed program: checks at the door, state, chunks of memory, and the recording at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.deploy.program import FixedProgram
from neurosim.emulate.arithmetic import Arithmetic
from neurosim.emulate.kernels import Packed, State, run_samples
from neurosim.emulate.pack import Program, channels, layout, pack, width
from neurosim.errors import NetworkError, UnsupportedError, unknown_name
from neurosim.feed import complete_inputs
from neurosim.recording import Recording, Spikes
from neurosim.units import FloatArray

_CHUNK_BYTES = 1 << 27
_STATES = {"u": 0, "v": 1, "theta": 2}


def emulate(
    program: Program,
    steps: int,
    *,
    inputs: Mapping[str, Any] | None = None,
    probes: Sequence[tuple[str, str]] = (),
    arithmetic: str | None = None,
) -> Recording:
    """Run `program` for `steps` steps on every sample of its inputs.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Float difference equations, or chip integers.
    steps : int
        Length of a sample; every sample starts from rest.
    inputs : mapping
        Source population -> payloads, shape (samples, steps, n). Sources that are left out stay silent.
    probes : sequence of (population, variable)
        States to record at every step, of "u", "v", "theta"; in the program's own numbers.
    arithmetic : str, optional
        "float", or for a program in integers "fixed" (Lava's) or "loihi1" (the first chip's); if left out, "float" or "fixed".

    Returns
    -------
    Recording
        Spikes of every population, the probed states (samples, steps, n).

    Raises
    ------
    NetworkError
        If an input or a probe does not fit the program.
    UnsupportedError
        If the arithmetic does not run this program.
    """
    code = _arithmetic(program, arithmetic)
    packed = pack(program, code)
    fed = complete_inputs(program, steps, inputs or {})
    feed = np.concatenate(list(fed.values()), axis=2) if fed else np.zeros((1, steps, 0), np.uint8)
    watch = _watch(program, probes)
    wall, cpu = time.perf_counter(), time.process_time()
    spikes, probed = _run(code, packed, width(program.populations), feed, watch)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Recording(
        dt=program.dt,
        steps=steps,
        samples=len(feed),
        sizes={p.name: p.n for p in program.populations},
        spikes=_split(program, spikes, feed),
        states=_states(program, probes, probed),
        info={"engine": "emulator", "arithmetic": code.name.lower(), "network": program.name, "seconds": seconds},
    )


def _arithmetic(program: Program, name: str | None) -> Arithmetic:
    fixed = isinstance(program, FixedProgram)
    known = {a.name.lower(): a for a in Arithmetic if (a is not Arithmetic.FLOAT) == fixed}
    if name is None:
        return Arithmetic.FIXED if fixed else Arithmetic.FLOAT
    if name not in known:
        kind = "integers" if fixed else "float"
        raise UnsupportedError(f"Program {program.name!r} is in {kind}: " + unknown_name("arithmetic", name, known))
    return known[name]


class _Watch(NamedTuple):
    kind: NDArray[np.int64]
    neuron: NDArray[np.int64]


def _watch(program: Program, probes: Sequence[tuple[str, str]]) -> _Watch:
    """Which variable of which packed neuron to record."""
    start = layout(program.populations)
    kinds: list[int] = []
    neurons: list[int] = []
    for name, variable in probes:
        if name not in start:
            raise NetworkError("Probe: " + unknown_name("population", name, start))
        if variable not in _STATES:
            raise NetworkError(f"Probe of {name!r}: " + unknown_name("variable", variable, _STATES))
        n = program.population(name).n
        kinds += [_STATES[variable]] * n
        neurons += range(start[name], start[name] + n)
    return _Watch(np.array(kinds, np.int64), np.array(neurons, np.int64))


def _run(code: Arithmetic, net: Packed, total: int, feed: Any, watch: _Watch) -> tuple[list[Any], FloatArray]:
    """Non-zero (sample, step, packed neuron) of all spikes, and the probed states."""
    samples, steps, _ = feed.shape
    probed = np.zeros((samples, steps, len(watch.kind)))
    spikes = []
    per_chunk = max(1, _CHUNK_BYTES // max(1, total * steps))
    chunk_steps = min(steps, max(1, _CHUNK_BYTES // total))
    for s in range(0, samples, per_chunk):
        state = _rest(net, total, min(per_chunk, samples - s))
        for k in range(0, steps, chunk_steps):
            here = np.s_[s : s + per_chunk, k : k + chunk_steps]
            raster = np.zeros(feed[here].shape[:2] + (total,), np.uint8)
            _run_chunk(code, net, k, state, feed[here], raster, watch, probed[here])
            spikes.append(_events(raster, s, k))
    return [np.concatenate(parts) for parts in zip(*spikes, strict=True)], probed


def _run_chunk(code: Arithmetic, net: Packed, k: int, state: State, feed: Any, raster: Any, watch: _Watch, out: Any) -> None:
    """Blocks of samples over threads; the kernel holds no lock."""
    words = raster.view(np.uint64)

    def block(part: slice) -> None:
        here = State(*(x[part] for x in state))
        run_samples(int(code), net, k, here, feed[part], raster[part], words[part], *watch, out[part])

    threads = min(len(raster), os.cpu_count() or 1)
    bounds = np.linspace(0, len(raster), threads + 1).astype(int)
    parts = [slice(a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    if threads == 1:
        block(parts[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, parts))


def _rest(net: Packed, total: int, samples: int) -> State:
    """Every sample at rest, with the types of the packed parameters."""
    ring, n, dtype = int(net.delay.max(initial=0)) + 1, len(net.kept_u), net.bias.dtype
    u, v, theta = np.zeros((3, samples, n), dtype)
    return State(u, v, theta, np.zeros((samples, n), np.int32), np.zeros((samples, ring, total), dtype))


def _events(raster: Any, first_sample: int, first_step: int) -> tuple[Any, Any, Any]:
    place = np.flatnonzero(raster.view(np.bool_))
    sample, rest = np.divmod(place, raster[0].size)
    step, neuron = np.divmod(rest, raster.shape[2])
    return (sample + first_sample).astype(np.int32), (step + first_step).astype(np.int32), neuron.astype(np.int32)


def _split(program: Program, spikes: list[Any], feed: Any) -> dict[str, Spikes]:
    """Spikes of each population; a source's payloads are those it was fed."""
    sample, step, neuron = spikes
    start, fed = layout(program.populations), channels(program.populations)
    out = {}
    for p in program.populations:
        mine = (neuron >= start[p.name]) & (neuron < start[p.name] + p.n)
        s, k, i = sample[mine], step[mine], neuron[mine] - np.int32(start[p.name])
        payload = feed[s, k, fed[p.name] + i].astype(np.int32) if p.name in fed else np.ones(len(s), np.int32)
        out[p.name] = Spikes(s, k, i, payload)
    return out


def _states(program: Program, probes: Sequence[tuple[str, str]], probed: FloatArray) -> dict[tuple[str, str], FloatArray]:
    states, column = {}, 0
    for name, variable in probes:
        n = program.population(name).n
        states[name, variable] = probed[:, :, column : column + n]
        column += n
    return states
