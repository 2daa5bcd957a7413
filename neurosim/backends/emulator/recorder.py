"""From the kernels' rasters and probes to a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.emulator.compiled import kernel
from neurosim.backends.emulator.to_arrays import Program, channels, first_neurons, lanes, padded
from neurosim.errors import NetworkError, unknown_name
from neurosim.neurons.step_form import Dynamics
from neurosim.results.run_data import Spikes
from neurosim.units import FloatArray

_STATES = {"u": 0, "v": 1, "theta": 2}
_OWN_STATES = {
    Dynamics.DESIRE_LIF: {"count": 3, "label": 4, "desire": 5},
    Dynamics.BURST_LIF: {"u_d": 6, "v_d": 7, "drift": 8},
}


class Watch(NamedTuple):
    """Which variable of which packed neuron to record."""

    kind: NDArray[np.int64]
    neuron: NDArray[np.int64]


def check_probes(program: Program, probes: Sequence[tuple[str, str]]) -> None:
    """Raise NetworkError if there is no such population, or a variable that its neurons do not have."""
    names = [p.name for p in program.populations]
    for name, variable in probes:
        if name not in names:
            raise NetworkError("Probe: " + unknown_name("population", name, names))
        known = _known(program.population(name))
        if variable not in known:
            raise NetworkError(f"Probe of {name!r}: " + unknown_name("variable", variable, known))


def _known(population: Any) -> dict[str, int]:
    """Variables of a population, by their codes in the kernels."""
    own = population.neuron.own
    if own is not None:
        return dict.fromkeys(own.declaration.states, 0)
    return {**_STATES, **_OWN_STATES.get(population.neuron.dynamics, {})}


def watched(program: Program, probes: Sequence[tuple[str, str]]) -> Watch:
    """The probes of populations, checked."""
    check_probes(program, probes)
    start = first_neurons(program.populations)
    kinds: list[int] = []
    neurons: list[int] = []
    for name, variable in probes:
        n = program.population(name).n
        kinds += [_known(program.population(name))[variable]] * n
        neurons += range(start[name], start[name] + n)
    return Watch(np.array(kinds, np.int64), np.array(neurons, np.int64))


@kernel
def _find(raster, words, sample, step, neuron):  # type: ignore[no-untyped-def]
    """Write (sample, step, neuron) of all spikes.

    Eight silent neurons are passed in one comparison; among eight of which one spiked there is no branch, which would be
    mispredicted: each is written, and overwritten by the next one if it was silent.
    """
    count = 0
    for s in range(raster.shape[0]):
        for k in range(raster.shape[1]):
            first, row, eights = count, raster[s, k], words[s, k]
            for w in range(eights.size):
                if eights[w] != 0:
                    for i in range(8 * w, 8 * w + 8):
                        neuron[count] = i
                        count += row[i] != 0
            for n in range(first, count):
                sample[n], step[n] = s, k


def events(populations: Sequence[Any], raster: Any, first_sample: int, first_step: int) -> dict[str, Any]:
    """(sample, step, neuron, payload) of the spikes of each population in a raster of all, whose width is a multiple of 8."""
    found, start, lane = {}, first_neurons(populations), lanes(populations)
    for p in populations:
        mine = raster[:, :, start[p.name] : start[p.name] + padded([p])]
        sample, step, neuron = np.empty((3, np.count_nonzero(mine.view(np.bool_)) + 1), np.int32)
        _find(mine, mine.view(np.uint64), sample, step, neuron)
        sample, step, neuron = sample[:-1], step[:-1], neuron[:-1]
        payload = np.ones(len(step), np.int32)
        if p.neuron.burst is not None:
            payload += raster[sample, step, lane[p.name, p.neuron.channels.index("burst")] + neuron]
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
