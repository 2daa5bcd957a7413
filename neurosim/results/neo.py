"""Conversion of recordings to neo, the data model of Elephant and other analysis tools."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.results.optional import needed
from neurosim.results.run_data import RunData

_UNITS = {"volt": "V", "amp": "A", "siemens": "S", "second": "s", "hertz": "Hz"}
"""Units of states as quantities writes them; others, and states of recordings without units, are plain SI numbers."""


def to_neo(recording: RunData) -> Any:
    """Convert `recording` to a `neo.Block`.

    Returns
    -------
    neo.Block
        Block with one segment per sample. Each segment has a SpikeTrain (s) for every neuron, and an AnalogSignal (SI,
        one channel per neuron) for every probed state. Annotations name the population, neuron and variable.

    Raises
    ------
    UsageError
        If neo is not installed.
    """
    neo = needed("neo", "analysis", "to_neo")
    block = neo.Block(name=str(recording.info.get("network", "")), **{"info": dict(recording.info)})
    for sample in range(recording.samples):
        segment = neo.Segment(name=f"sample {sample}", index=sample)
        for name in recording.spikes:
            segment.spiketrains.extend(_trains(neo, recording, name, sample))
        for key in recording.states:
            segment.analogsignals.append(_signal(neo, recording, *key, sample))
        block.segments.append(segment)
    return block


def _trains(neo: Any, recording: RunData, name: str, sample: int) -> list[Any]:
    spikes = recording.spikes[name]
    mine = spikes.sample == sample
    step, neuron = spikes.step[mine], spikes.neuron[mine]
    order = np.argsort(neuron, kind="stable")
    ends = np.cumsum(np.bincount(neuron, minlength=recording.sizes[name]))
    times = np.split(step[order] * recording.dt, ends[:-1])
    stop = recording.steps * recording.dt
    return [
        neo.SpikeTrain(t, units="s", t_stop=stop, name=f"{name} {i}", population=name, neuron=i)
        for i, t in enumerate(times)
    ]


def _signal(neo: Any, recording: RunData, name: str, variable: str, sample: int) -> Any:
    from quantities import s

    # The time axis is that of the spikes: what was recorded after the update of step k is at k * dt.
    steps = recording.steps_of(name, variable)
    first, period = (int(steps[0]) if len(steps) else 0), (int(steps[1] - steps[0]) if len(steps) > 1 else 1)
    return neo.AnalogSignal(
        recording.states[name, variable][sample],
        units=_UNITS.get(recording.unit_of(name, variable), "dimensionless"),
        sampling_period=period * recording.dt * s,
        t_start=first * recording.dt * s,
        name=f"{name} {variable}",
        population=name,
        variable=variable,
    )
