"""Recording -> neo, the data model that elephant and other analysis tools read."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.errors import UsageError
from neurosim.results.run_data import RunData

# What the unit of a state is, the recording does not know: it holds SI numbers.
_STATE_UNITS = "dimensionless"


def to_neo(recording: RunData) -> Any:
    """`recording` as a `neo.Block`.

    Returns
    -------
    neo.Block
        One segment a sample, each with a SpikeTrain (s) for every neuron and an AnalogSignal (SI numbers, one
        channel a neuron) for every probed state. Annotations say which population, neuron and variable.

    Raises
    ------
    UsageError
        If neo is not installed.
    """
    neo = _neo()
    block = neo.Block(name=str(recording.info.get("network", "")), **{"info": dict(recording.info)})
    for sample in range(recording.samples):
        segment = neo.Segment(name=f"sample {sample}", index=sample)
        for name in recording.spikes:
            segment.spiketrains.extend(_trains(neo, recording, name, sample))
        for key in recording.states:
            segment.analogsignals.append(_signal(neo, recording, *key, sample))
        block.segments.append(segment)
    return block


def _neo() -> Any:
    try:
        import neo
    except ImportError:
        raise UsageError("to_neo needs neo: install it with  pip install 'neurosim[analysis]'") from None
    return neo


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

    # On the time axis of the spikes: entry k, taken after the update of step k, stands at k * dt.
    return neo.AnalogSignal(
        recording.states[name, variable][sample],
        units=_STATE_UNITS,
        sampling_period=recording.dt * s,
        name=f"{name} {variable}",
        population=name,
        variable=variable,
    )
