"""Running a program whose weights stay as they are, from rest, on generated kernels: samples in blocks, blocks over threads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.guard import Guard
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.loop_source import BLOCK, JOB, PROBE, step_loop
from neurosim.backends.emulator.overflow import COUNTS
from neurosim.backends.emulator.recorder import events
from neurosim.backends.emulator.stock import counted_states, declaration_of, parameters_of
from neurosim.backends.emulator.to_arrays import Program, channels, first_neurons, lanes, width
from neurosim.backends.emulator.update_source import WRAPPED, Update, parameter_storage, storage, update_source
from neurosim.compiler import compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.neurons.step_form import Dynamics
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray

_CHUNK_BYTES = 1 << 20
"""Raster of spikes of a sample: it stays in the cache until its spikes are found."""
_BLOCK_BYTES = 1 << 25
"""Rasters and rings of a block of samples, which are enough to keep threads busy."""
_TYPES: Mapping[str, Any] = {"i32": np.int32, "f64": np.float64}


@dataclass(frozen=True)
class _Cells:
    """A population for the loop: its kernel, and what the kernel's table holds that is the same in all samples.

    Attributes
    ----------
    address : int
        Where its kernel begins.
    shared : mapping
        Place in the table -> number: addresses of parameters, and lanes.
    counted : int
        Row of its counts, or -1.
    states : mapping
        State -> (place in the table, type of its numbers).
    keep : tuple
        Arrays that the addresses lead to.
    """

    name: str
    n: int
    seed: int
    address: int
    shared: Mapping[int, int]
    states: Mapping[str, tuple[int, str]]
    keep: tuple[Any, ...]
    counted: int

    @property
    def width(self) -> int:
        """Entries of its table."""
        return len(self.shared) + len(self.states) + (self.counted >= 0)


def _cells(population: Any, arithmetic: Arithmetic, lane: Mapping[tuple[str, int], int], counted: int) -> _Cells:
    neuron, integers = population.neuron, arithmetic is not Arithmetic.FLOAT
    declaration, values = declaration_of(neuron), _values(neuron)
    update = update_of(neuron, arithmetic, counted >= 0)
    kernels = compile_kernels(WRAPPED + update.source, [update.door])
    shared, keep = _shared(update, declaration, values, population, integers, lane)
    states = {
        name: (at, storage(declaration.states[name], integers))
        for at, (role, name) in enumerate(update.pointers)
        if role == "state"
    }
    seed = next((part.seed for part in (neuron.burst, neuron.own) if part is not None), 0)
    return _Cells(population.name, population.n, seed, kernels.address(update.door), shared, states, (kernels, *keep), counted)


def update_of(neuron: Any, arithmetic: Arithmetic, counts: bool) -> Update:
    """The update of a population of `neuron`s, with overflows counted or not."""
    arrays = [name for name, value in _values(neuron).items() if value.size > 1 and not np.all(value == value.flat[0])]
    return update_source(declaration_of(neuron), arithmetic, arrays, counted_states(neuron) if counts else None)


def _values(neuron: Any) -> dict[str, FloatArray]:
    given = parameters_of(neuron)
    return {name: np.asarray(given[name], np.float64) for name in declaration_of(neuron).parameters}


def _shared(
    update: Update, declaration: Declaration, values: Mapping[str, FloatArray], population: Any, integers: bool,
    lane: Mapping[tuple[str, int], int],
) -> tuple[dict[int, int], list[Any]]:  # fmt: skip
    shared: dict[int, int] = {}
    keep: list[Any] = []
    for at, (role, name) in enumerate(update.pointers):
        if role in ("state", "counts"):
            continue
        if role == "numbers":
            array = np.array([float(values[p].flat[0]) for p in update.scalars] or [0.0])
        else:
            kind = _TYPES[parameter_storage(declaration.parameters[name], integers)]
            array = np.ascontiguousarray(np.broadcast_to(values[name], population.n).astype(kind))
        keep.append(array)
        shared[at] = address_of(array)
    order = {
        "input": list(declaration.input_kinds),
        "channel": list(declaration.channels),
        "payload": list(declaration.channels),
    }
    for at, (role, name) in enumerate(update.lanes, len(update.pointers)):
        # A receptor that a neuron does not have is one that nothing ends at.
        shared[at] = lane[population.name, order[role].index(name)]
    return shared, keep


class GeneratedRun:
    """A program on generated kernels.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Without rules.
    net : KernelArrays
        Its synapses.
    probes : sequence of (population, variable)
        What to record.
    guard : Guard
        Where overflows are counted.
    watched : sequence of str
        Populations of the guard.
    """

    def __init__(
        self, program: Program, arithmetic: Arithmetic, net: KernelArrays, probes: Sequence[tuple[str, str]], guard: Guard,
        watched: Sequence[str],
    ) -> None:  # fmt: skip
        self._program, self._net, self._probes, self._guard = program, net, probes, guard
        self._arithmetic, self._integers = arithmetic, arithmetic is not Arithmetic.FLOAT
        self._total, self._rings = width(program.populations), int(net.delay.max(initial=0)) + 1
        place = lanes(program.populations)
        ordered = sorted(first_neurons(program.populations).items(), key=lambda item: item[1])
        populations = [program.population(name) for name, _ in ordered]
        row = {name: q for q, name in enumerate(watched)}
        self._cells = [
            _cells(p, arithmetic, place, row.get(p.name, -1)) for p in populations if p.neuron.dynamics is not Dynamics.SOURCE
        ]
        self._places = np.concatenate([[0], np.cumsum([c.width for c in self._cells])]).astype(np.int64)
        self._common, self._keep = self._tables()
        self._probe_rows, self._probed = self._probe_table()

    def _tables(self) -> tuple[dict[str, int], list[Any]]:
        """What all samples share."""
        net, cells = self._net, self._cells
        first, fed = first_neurons(self._program.populations), channels(self._program.populations)
        sources = [(first[name], column, self._program.population(name).n) for name, column in fed.items()]
        columns = {
            "PRE": net.pre, "PRE_SIZE": net.pre_size, "POST": net.post, "POST_SIZE": net.post_size, "DELAY": net.delay,
            "FIRST_CHANNEL": net.first_channel, "GRADED": net.graded, "TRANSPOSED": net.transposed,
            "FIRST_WEIGHT": net.first_weight, "FIRST_ROW": net.first_row, "RELEASE": net.release,
        }  # fmt: skip
        tables = {
            "ADDRESS": np.array([c.address for c in cells], np.int64),
            "SIZE": np.array([c.n for c in cells], np.int64),
            "SEED": np.array([c.seed for c in cells], np.int64),
            "PLACE": self._places,
            "BLOCK": np.stack([columns[name] for name in BLOCK], axis=1).astype(np.int64),
            "GAIN": net.gain,
            "RELEASED": np.stack([net.release_base, net.release_jump], axis=1),
            "WEIGHT": net.weight,
            "COLUMN": net.column,
            "ROW": net.row,
            "SOURCE": np.array(sources, np.int64),
            "KEPT_DEFICIT": net.kept_deficit,
            "KEPT_EXCESS": net.kept_excess,
            "WIDE": self._guard.wide,
            "ENTRY": len(COUNTS) * self._guard.entry,
        }
        kept = {name: np.ascontiguousarray(table) for name, table in tables.items()}
        numbers_of = {
            "TOTAL": self._total,
            "RINGS": self._rings,
            "SOURCES": len(sources),
            "POPULATIONS": len(cells),
            "BLOCKS": len(net.pre),
            "TABLE_WIDTH": int(self._places[-1]),
            "DEFICITS": len(net.kept_deficit),
            "TALLIES": len(COUNTS) * len(self._guard.first),
        }
        return {**numbers_of, **{name: address_of(table) for name, table in kept.items()}}, [kept, cells]

    def _probe_table(self) -> tuple[NDArray[np.int64], int]:
        """Rows of probes, and how many numbers they record; a state that a neuron does not have stays 0."""
        at = {c.name: (c, int(place)) for c, place in zip(self._cells, self._places, strict=False)}
        rows, column = [], 0
        for name, variable in self._probes:
            cells, place = at.get(name, (None, 0))
            n = self._program.population(name).n
            if cells is not None and variable in cells.states:
                where, kind = cells.states[variable]
                rows.append((int(kind == "f64"), place + where, column, n))
            column += n
        return np.array(rows, np.int64).reshape(-1, len(PROBE)), column

    def run(self, feed: Any, tally: NDArray[np.int64]) -> tuple[list[Any], FloatArray]:
        """Spikes as `events` finds them, block by block, and the probed states.

        Parameters
        ----------
        feed : array (samples, steps, columns)
            Payloads of the sources.
        tally : array (samples, watched populations, counts)
            Overflows are added to it.
        """
        samples, steps, _ = feed.shape
        probed = np.zeros((samples, steps, self._probed))
        chunk = min(steps, max(1, _CHUNK_BYTES // max(1, self._total)))
        together = max(1, _BLOCK_BYTES // max(1, self._total * max(chunk, 8 * self._rings)))
        spikes = []
        for s in range(0, samples, together):
            state = _State(self, tally[s : s + together])
            for k in range(0, steps, chunk):
                here = np.s_[s : s + together, k : k + chunk]
                raster = np.zeros(feed[here].shape[:2] + (self._total,), np.uint8)
                counted = (s + np.arange(len(raster))) * steps + k
                self._block(state, k, counted, feed[here], raster, probed[here])
                spikes.append(events(self._program.populations, raster, s, k))
        return spikes, probed

    def _block(self, state: _State, first_step: int, counted: Any, feed: Any, raster: Any, probed: Any) -> None:
        """One block of samples; the kernels hold no lock."""
        loop = step_loop(self._arithmetic, feed.dtype == np.uint8)
        fed, out = np.ascontiguousarray(feed), np.zeros(probed.shape)
        run = loop.function("run")
        threads = min(len(raster), os.cpu_count() or 1)
        bounds = np.linspace(0, len(raster), threads + 1).astype(int)

        def part(a: int, b: int) -> None:
            job, keep = self._job(state, a, b, first_step, counted, fed, raster, out)
            run(address_of(job))
            del keep

        if threads == 1:
            part(0, len(raster))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(part, bounds[:-1], bounds[1:]))
        probed[:] = out

    def _job(
        self, state: _State, a: int, b: int, first_step: int, counted: Any, feed: Any, raster: Any, out: Any
    ) -> tuple[Any, list[Any]]:
        size = self._total + 8
        kinds = (np.int64, _TYPES["i32" if self._integers else "f64"], np.float64, np.int64)
        room = [np.empty(size, kind) for kind in kinds]
        numbers_here = np.ascontiguousarray(counted[a:b], np.int64)
        given = {
            **self._common,
            "SAMPLES": b - a,
            "STEPS": raster.shape[1],
            "FIRST_STEP": first_step,
            "FED": feed.shape[2],
            "PROBES": len(self._probe_rows),
            "PROBED": out.shape[2],
            "PROBE": address_of(self._probe_rows),
            "COUNTED": address_of(numbers_here),
            "FEED": address_of(feed[a:b]),
            "RASTER": address_of(raster[a:b]),
            "PROBES_OUT": address_of(out[a:b]),
            "INDEX": address_of(room[0]),
            "SUMS": address_of(room[1]),
            "AMOUNT": address_of(room[2]),
            "EXACT": address_of(room[3]),
            **state.addresses(a),
        }
        return np.array([given[name] for name in JOB], np.int64), [room, numbers_here]


class _State:
    """The states of a block of samples, at rest."""

    def __init__(self, run: GeneratedRun, tally: NDArray[np.int64]) -> None:
        samples, arriving = len(tally), np.int32 if run._integers else np.float64
        deficits = run._common["DEFICITS"]
        self._arrays: dict[str, Any] = {
            "RING": np.zeros((samples, run._rings, run._total), arriving),
            "PAYLOAD": np.zeros((samples, run._total), np.int32),
            "DEFICIT": np.zeros((samples, deficits)),
            "EXCESS": np.zeros((samples, deficits)),
            "TABLE": np.zeros((samples, int(run._places[-1])), np.int64),
            "TALLY": tally,
        }
        self._states = []
        for cells, place in zip(run._cells, run._places, strict=False):
            table = self._arrays["TABLE"][:, place : place + cells.width]
            for at, number in cells.shared.items():
                table[:, at] = number
            if cells.counted >= 0:
                table[:, 0] = address_of(tally) + np.arange(samples) * tally.strides[0] + cells.counted * tally.strides[1]
            for at, kind in cells.states.values():
                array = np.zeros((samples, cells.n), _TYPES[kind])
                self._states.append(array)
                table[:, at] = address_of(array) + np.arange(samples) * array.strides[0]

    def addresses(self, first: int) -> dict[str, int]:
        """Where the arrays of the sample `first` begin."""
        return {name: address_of(array) + first * array.strides[0] for name, array in self._arrays.items()}
