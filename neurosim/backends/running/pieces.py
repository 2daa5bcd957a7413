"""What a running network has recorded so far, joined from its stretches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.network.probes import SynapseProbe
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from neurosim.results.thinned import Thinner
from neurosim.results.weight_trace import weight_trace

Looks = Mapping[SynapseProbe, Sequence[tuple[int, Any]]]
"""Probe of synapses -> (step, value before this step) of each look."""


def joined(parts: Sequence[Recording], looks: Looks) -> Recording:
    """Stretches that follow each other as one recording of one sample.

    Parameters
    ----------
    parts : sequence of Recording
        At least one stretch; each counts its steps from 0.
    looks : mapping
        What was seen at synapses, at steps of the joined recording.
    """
    first, starts = parts[0], np.cumsum([0, *(part.steps for part in parts)])
    overflows = [part.info["overflows"] for part in parts if "overflows" in part.info]
    return replace(
        first,
        steps=int(starts[-1]),
        spikes={name: _spikes([part.spikes[name] for part in parts], starts) for name in first.spikes},
        states={key: np.concatenate([part.states[key] for part in parts], axis=1) for key in first.states},
        state_steps={
            key: np.concatenate([part.state_steps[key] + before for part, before in zip(parts, starts, strict=False)])
            for key in first.state_steps
        },
        weights={probe.projection: weight_trace(seen) for probe, seen in looks.items() if probe.variable == "w"},
        synapses={(p.projection, p.variable): weight_trace(seen) for p, seen in looks.items() if p.variable != "w"},
        info={**first.info, **({"overflows": added(overflows)} if overflows else {})},
    )


def kept(recording: Recording, populations: Collection[str]) -> Recording:
    """The recording without the spikes of other populations."""
    none = np.zeros(0, np.int32)
    empty = Spikes(none, none, none, none)
    return replace(recording, spikes={name: s if name in populations else empty for name, s in recording.spikes.items()})


def latest(parts: Sequence[Recording], steps: int) -> Recording:
    """The last `steps` steps of stretches that follow each other, or all of them if they are shorter; without weights."""
    whole = joined(latest_parts(parts, steps), {})
    return _without_first(whole, max(0, whole.steps - steps))


def latest_parts(parts: Sequence[Recording], steps: int) -> list[Recording]:
    """The last stretches that together have at least `steps` steps, or all."""
    needed, held = [], 0
    for part in reversed(parts):
        needed.append(part)
        held += part.steps
        if held >= steps:
            break
    return needed[::-1]


def without_states(recording: Recording, thinners: Mapping[tuple[str, str], Thinner], first: int) -> Recording:
    """A piece of a run that begins with step `first`, without the states that its probes leave out."""
    if not thinners:
        return recording
    found = {key: thinner.take(recording.states[key], first) for key, thinner in thinners.items()}
    states = {**recording.states, **{key: values for key, (values, _) in found.items()}}
    return replace(recording, states=states, state_steps={key: at for key, (_, at) in found.items()})


def _without_first(recording: Recording, steps: int) -> Recording:
    later = {key: at >= steps for key, at in recording.state_steps.items()}
    return replace(
        recording,
        steps=recording.steps - steps,
        spikes={name: _from(train, steps) for name, train in recording.spikes.items()},
        states={key: values[:, later.get(key, slice(steps, None))] for key, values in recording.states.items()},
        state_steps={key: at[later[key]] - steps for key, at in recording.state_steps.items()},
    )


def _from(train: Spikes, first: int) -> Spikes:
    kept = train.step >= first
    return Spikes(train.sample[kept], train.step[kept] - np.int32(first), train.neuron[kept], train.payload[kept])


def _spikes(trains: Sequence[Spikes], starts: Any) -> Spikes:
    return Spikes(
        np.concatenate([t.sample for t in trains]),
        np.concatenate([t.step + np.int32(before) for t, before in zip(trains, starts, strict=False)]),
        np.concatenate([t.neuron for t in trains]),
        np.concatenate([t.payload for t in trains]),
    )


def added(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Overflows of several stretches."""
    total: dict[str, dict[str, int]] = {}
    for population, kinds in ((p, k) for of in counts for p, k in of.items()):
        own = total.setdefault(population, {})
        for kind, number in kinds.items():
            own[kind] = own.get(kind, 0) + number
    return total
