"""A program on generated kernels: samples in blocks, blocks over threads, or one sample that goes on and learns."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.cells import TYPES, Cells, cells_of
from neurosim.backends.emulator.courses import fill, noise_rows
from neurosim.backends.emulator.guard import Guard
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.learners import Learners
from neurosim.backends.emulator.loop_source import BLOCK, JOB, LEARNING, PROBE, step_loop
from neurosim.backends.emulator.overflow import COUNTS
from neurosim.backends.emulator.recorder import events
from neurosim.backends.emulator.to_arrays import Program, channels, first_neurons, lanes, width
from neurosim.compiler.machine import address_of
from neurosim.units import FloatArray

_CHUNK_BYTES = 1 << 20
"""Raster of spikes of a sample: it stays in the cache until its spikes are found."""
_NOTHING = dict.fromkeys(LEARNING, 0)
"""Numbers of a job in which nothing learns."""
_BLOCK_BYTES = 1 << 25
"""Rasters and rings of a block of samples, which are enough to keep threads busy."""


@dataclass(frozen=True)
class State:
    """What goes on from step to step, of one or more samples; all arrays have the sample as first axis.

    Attributes
    ----------
    cells : mapping
        (population, state) -> numbers (samples, n).
    arriving : array (samples, longest delay + 1, lanes)
        Ring of input sums.
    deficit, excess : array
        Short-term depression, 1 - x, in integers in units of 2^-16; and facilitation, u above its resting value.
    """

    cells: Mapping[tuple[str, str], Any]
    arriving: Any
    deficit: Any
    excess: Any


@dataclass(frozen=True)
class Watch:
    """What to record: rows for the loop, and how many numbers a step gives."""

    rows: NDArray[np.int64]
    width: int


def begin(program: Program, cells: Mapping[tuple[str, str], Any], keep: Collection[str | tuple[str, str]] = ()) -> None:
    """Give states (samples, n) their numbers at the start: the initial ones, or 0; those named in `keep` stay."""
    for (name, state), numbers in cells.items():
        if state not in keep and (name, state) not in keep:
            numbers[:] = program.population(name).initial.get(state, 0)


class KernelRun:
    """A program on generated kernels.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        The program.
    net : KernelArrays
        Its synapses.
    guard : Guard
        Where overflows are counted.
    learners : Learners, optional
        What learns.
    """

    def __init__(
        self, program: Program, arithmetic: Arithmetic, net: KernelArrays, guard: Guard, learners: Learners | None = None
    ) -> None:
        self._program, self._net, self._guard, self._arithmetic = program, net, guard, arithmetic
        self._arriving = np.float64 if arithmetic is Arithmetic.FLOAT else np.int32
        self._total, self._rings = width(program.populations), int(net.delay.max(initial=0)) + 1
        place, row = lanes(program.populations), {name: q for q, name in enumerate(guard.watched)}
        ordered = sorted(first_neurons(program.populations).items(), key=lambda item: item[1])
        populations = [program.population(name) for name, _ in ordered]
        sent = {} if learners is None else learners.factors
        self._cells: list[Cells] = [
            cells_of(p, arithmetic, place, row.get(p.name, -1), {s: a for (q, s), a in sent.items() if q == p.name})
            for p in populations
            if not p.neuron.is_source
        ]
        self._places = np.concatenate([[0], np.cumsum([c.width for c in self._cells])]).astype(np.int64)
        self._learners = learners
        # Written again by every step: new memory for each chunk would cost as much as a tenth of its steps.
        self._raster: NDArray[np.uint8] = np.zeros((0, 0, 0), np.uint8)

    @cached_property
    def _common(self) -> dict[str, int]:
        """What all samples share; here the kernels are compiled."""
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
            "LATE": net.late,
        }
        self._kept = {name: np.ascontiguousarray(table) for name, table in tables.items()}
        numbers_of = {
            "TOTAL": self._total,
            "RINGS": self._rings,
            "SOURCES": len(sources),
            "POPULATIONS": len(cells),
            "BLOCKS": len(net.pre),
            "TABLE_WIDTH": int(self._places[-1]),
            "DEFICITS": len(net.kept_deficit),
            "TALLIES": len(COUNTS) * len(self._guard.watched),
        }
        return {**numbers_of, **{name: address_of(table) for name, table in self._kept.items()}}

    def watch(self, probes: Sequence[tuple[str, str]]) -> Watch:
        """Where the probed states are."""
        at = {c.name: (c, int(place)) for c, place in zip(self._cells, self._places, strict=False)}
        rows, column = [], 0
        for name, variable in probes:
            cells, place = at[name]
            where, kind = cells.states[variable]
            rows.append((int(kind == "f64"), place + where, column, cells.n))
            column += cells.n
        return Watch(np.array(rows, np.int64).reshape(-1, len(PROBE)), column)

    def at_rest(self, samples: int) -> State:
        """The state of samples before their first step."""
        cells = {(c.name, s): np.zeros((samples, c.n), TYPES[kind]) for c in self._cells for s, (_, kind) in c.states.items()}
        begin(self._program, cells)
        deficit, excess = np.zeros((2, samples, len(self._net.kept_deficit)))
        return State(cells, np.zeros((samples, self._rings, self._total), self._arriving), deficit, excess)

    def run(self, feed: Any, tally: NDArray[np.int64], watch: Watch) -> tuple[list[Any], FloatArray]:
        """Run all samples from rest: spikes as `events` finds them, block by block, and the probed states.

        Parameters
        ----------
        feed : array (samples, steps, columns)
            Payloads of the sources.
        tally : array (samples, watched populations, counts)
            Overflows are added to it.
        """
        samples, steps, _ = feed.shape
        probed = np.zeros((samples, steps, watch.width))
        chunk = self.chunk(steps)
        together = max(1, _BLOCK_BYTES // max(1, self._total * max(chunk, 8 * self._rings)))
        spikes = []
        for s in range(0, samples, together):
            here = slice(s, s + together)
            state = self.at_rest(len(feed[here]))
            for k in range(0, steps, chunk):
                now = np.s_[here, k : k + chunk]
                counted = (s + np.arange(len(feed[here]))) * steps + k
                spikes.append(self.advance(state, k, counted, feed[now], tally[here], watch, probed[now], found_at=(s, k)))
        return spikes, probed

    def chunk(self, steps: int) -> int:
        """Steps whose raster is made at once."""
        held = [noise_rows(p.n) for p in self._program.populations if p.neuron.noise]
        return min(steps, max(1, _CHUNK_BYTES // max(1, self._total)), *held)

    def make_noise(self, drawn: Mapping[str, FloatArray], first: int) -> None:
        """Give neurons with noise the normal numbers (steps, n) of the steps from `first` on."""
        for cells in self._cells:
            if cells.name in drawn:
                fill(self._program.population(cells.name), cells.rows, drawn[cells.name], first)

    def advance(
        self, state: State, first_step: int, counted: Any, feed: Any, tally: Any, watch: Watch, probed: Any,
        found_at: tuple[int, int] = (0, 0),
    ) -> dict[str, Any]:  # fmt: skip
        """Some steps of a block of samples; returns their spikes as `events` finds them. The kernels hold no lock.

        Parameters
        ----------
        first_step : int
            The step of the sample with which `feed` begins.
        counted : array (samples,)
            The same, counted through all samples.
        found_at : (sample, step)
            What the spikes' samples and steps are counted from.
        """
        shape = (*feed.shape[:2], self._total)
        if self._raster.shape != shape:
            self._raster = np.zeros(shape, np.uint8)
        raster = self._raster
        arrays = {
            "COUNTED": np.ascontiguousarray(counted, np.int64),
            "FEED": np.ascontiguousarray(feed),
            "RASTER": raster,
            "PROBES_OUT": np.zeros(probed.shape),
            "RING": state.arriving,
            "DEFICIT": state.deficit,
            "EXCESS": state.excess,
            "PAYLOAD": np.zeros((len(raster), self._total), np.int32),
            "TABLE": self._table(state, tally),
            "TALLY": tally,
        }
        numbers = {
            **self._common,
            **(_NOTHING if self._learners is None else self._learners.numbers),
            "STEPS": raster.shape[1],
            "FIRST_STEP": first_step,
            "FED": feed.shape[2],
            "PROBES": len(watch.rows),
            "PROBED": watch.width,
            "PROBE": address_of(watch.rows),
        }
        loop = step_loop(self._arithmetic, feed.dtype == np.uint8, bool(self._net.late.any()))
        self._on_threads(loop.function("run"), numbers, arrays)
        probed[:] = arrays["PROBES_OUT"]
        return events(self._program.populations, raster, *found_at)

    def _on_threads(self, run: Callable[[int], None], numbers: Mapping[str, int], arrays: Mapping[str, Any]) -> None:
        def part(a: int, b: int) -> None:
            room = [np.zeros(self._total + 8, kind) for kind in (np.int64, self._arriving, np.float64, np.int64)]
            given = {
                **numbers,
                "SAMPLES": b - a,
                **{name: address_of(array) + a * array.strides[0] for name, array in arrays.items()},
                **{name: address_of(array) for name, array in zip(("INDEX", "SUMS", "AMOUNT", "EXACT"), room, strict=True)},
            }
            job = np.array([given[name] for name in JOB], np.int64)
            run(address_of(job))

        samples = len(arrays["RASTER"])
        threads = min(samples, os.cpu_count() or 1)
        if threads == 1:
            part(0, samples)
            return
        bounds = np.linspace(0, samples, threads + 1).astype(int)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, bounds[:-1], bounds[1:]))

    def _table(self, state: State, tally: NDArray[np.int64]) -> NDArray[np.int64]:
        """The tables of all populations, (samples, numbers)."""
        samples = np.arange(len(tally))
        table = np.zeros((len(tally), int(self._places[-1])), np.int64)
        for cells, place in zip(self._cells, self._places, strict=False):
            mine = table[:, place : place + cells.width]
            for at, number in cells.shared.items():
                mine[:, at] = number
            if cells.counted >= 0:
                mine[:, 0] = address_of(tally) + samples * tally.strides[0] + cells.counted * tally.strides[1]
            for name, (at, _) in cells.states.items():
                array = state.cells[cells.name, name]
                mine[:, at] = address_of(array) + samples * array.strides[0]
        return table
