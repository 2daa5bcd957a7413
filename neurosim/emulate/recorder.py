"""From the kernels' rasters and probes to a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.emulate.compiled import kernel
from neurosim.emulate.pack import Program, channels, layout
from neurosim.errors import NetworkError, unknown_name
from neurosim.recording import Spikes
from neurosim.step import Dynamics
from neurosim.units import FloatArray

_STATES = {"u": 0, "v": 1, "theta": 2}
_DESIRE_STATES = {**_STATES, "count": 3, "label": 4, "desire": 5}


class Watch(NamedTuple):
    """Which variable of which packed neuron to record."""

    kind: NDArray[np.int64]
    neuron: NDArray[np.int64]


def watched(program: Program, probes: Sequence[tuple[str, str]]) -> Watch:
    """The probes of populations, checked."""
    start = layout(program.populations)
    kinds: list[int] = []
    neurons: list[int] = []
    for name, variable in probes:
        if name not in start:
            raise NetworkError("Probe: " + unknown_name("population", name, start))
        population = program.population(name)
        known, n = _DESIRE_STATES if population.neuron.dynamics is Dynamics.DESIRE_LIF else _STATES, population.n
        if variable not in known:
            raise NetworkError(f"Probe of {name!r}: " + unknown_name("variable", variable, known))
        kinds += [known[variable]] * n
        neurons += range(start[name], start[name] + n)
    return Watch(np.array(kinds, np.int64), np.array(neurons, np.int64))


@kernel
def _find(raster, words, sample, step, neuron):  # type: ignore[no-untyped-def]
    """Write (sample, step, neuron) of all spikes; eight silent neurons are passed in one comparison."""
    count = 0
    for s in range(words.shape[0]):
        for k in range(words.shape[1]):
            for w in range(words.shape[2]):
                if words[s, k, w] != 0:
                    for i in range(8 * w, 8 * w + 8):
                        if raster[s, k, i]:
                            sample[count], step[count], neuron[count] = s, k, i
                            count += 1


def events(raster: Any, first_sample: int, first_step: int) -> tuple[Any, Any, Any]:
    """(sample, step, packed neuron) of the spikes in a raster, whose width is a multiple of 8."""
    sample, step, neuron = np.empty((3, np.count_nonzero(raster.view(np.bool_))), np.int32)
    _find(raster, raster.view(np.uint64), sample, step, neuron)
    return sample + np.int32(first_sample), step + np.int32(first_step), neuron


def split_spikes(program: Program, spikes: list[Any], feed: Any) -> dict[str, Spikes]:
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


def split_states(program: Program, probes: Sequence[tuple[str, str]], probed: FloatArray) -> dict[tuple[str, str], FloatArray]:
    """Probed states by population and variable."""
    states, column = {}, 0
    for name, variable in probes:
        n = program.population(name).n
        states[name, variable] = probed[:, :, column : column + n]
        column += n
    return states
