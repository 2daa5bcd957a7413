"""From the kernels' rasters and probes to a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.backends.emulator.to_arrays import Program, channels, first_neurons, lanes, padded
from neurosim.compiler import compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.errors import NetworkError, unknown_name
from neurosim.results.run_data import Spikes
from neurosim.units import FloatArray


def check_probes(program: Program, probes: Sequence[tuple[str, str]]) -> None:
    """Raise NetworkError if there is no such population, or a variable that its neurons do not have."""
    names = [p.name for p in program.populations]
    for name, variable in probes:
        if name not in names:
            raise NetworkError("Probe: " + unknown_name("population", name, names))
        known = _known(program.population(name))
        if variable not in known:
            raise NetworkError(f"Probe of {name!r}: " + unknown_name("variable", variable, known))


def _known(population: Any) -> Sequence[str]:
    """States of a population."""
    neuron = population.neuron
    return () if neuron.is_source else list(neuron.step.states)


_FIND = """
def find(raster: P[u8], rows: i64, width: i64, n: i64, row: P[i32], neuron: P[i32]):
    count = 0
    for r in range(rows):
        fired = raster + r * width
        first = count
        for w in range(0, n, 8):
            if words(fired + w) != 0:
                for i in range(w, w + 8):
                    neuron[count] = i32(i)
                    count += i64(fired[i] != 0)
        for q in range(first, count):
            row[q] = i32(r)
"""
"""Row and neuron of all spikes. Eight silent neurons are passed in one comparison; among eight of which one spiked there is no
branch, which would be mispredicted: each is written, and overwritten by the next one if it was silent."""


def events(populations: Sequence[Any], raster: Any, first_sample: int, first_step: int) -> dict[str, Any]:
    """(sample, step, neuron, payload) of the spikes of each population in a raster of all, whose width is a multiple of 8."""
    found, start, lane = {}, first_neurons(populations), lanes(populations)
    find, rows = compile_kernels(_FIND, ["find"]).function("find"), raster.shape[0] * raster.shape[1]
    for p in populations:
        mine = raster[:, :, start[p.name] : start[p.name] + padded([p])]
        row, neuron = np.empty((2, np.count_nonzero(mine.view(np.bool_)) + 1), np.int32)
        find(address_of(mine), rows, raster.shape[2], mine.shape[2], address_of(row), address_of(neuron))
        (sample, step), neuron = np.divmod(row[:-1], np.int32(raster.shape[1])), neuron[:-1]
        payload = np.ones(len(step), np.int32)
        marked = "" if p.neuron.is_source else p.neuron.step.marked
        if marked:
            payload += raster[sample, step, lane[p.name, p.neuron.channels.index(marked)] + neuron]
        found[p.name] = (sample + np.int32(first_sample), step + np.int32(first_step), neuron, payload)
    return found


def split_spikes(program: Program, found: Sequence[Mapping[str, Any]], feed: Any) -> dict[str, Spikes]:
    """Spikes of each population out of those that `events` found, block by block; a source's payloads are those it was fed."""
    fed, out = channels(program.populations), {}
    for p in program.populations:
        s, k, i, own = (np.concatenate(parts) for parts in zip(*(block[p.name] for block in found), strict=True))
        out[p.name] = Spikes(s, k, i, feed[s, k, fed[p.name] + i].astype(np.int32) if p.name in fed else own)
    return out


def split_states(program: Program, probes: Sequence[tuple[str, str]], probed: FloatArray) -> dict[tuple[str, str], FloatArray]:
    """Probed states by population and variable."""
    states, column = {}, 0
    for name, variable in probes:
        n = program.population(name).n
        states[name, variable] = probed[:, :, column : column + n]
        column += n
    return states
