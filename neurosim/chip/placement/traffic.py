"""Messages between cores: each spike is sent once to every core on which its neuron has synapses that share an axon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from scipy import sparse

from neurosim.chip.resources.needs import Needs, ProjectionNeed
from neurosim.program.fixed import IntArray
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

Activity: TypeAlias = Mapping[tuple[str, str], FloatArray]
"""(Population, channel) -> number of spikes of each neuron."""
_MARKED = {"event": 1, "burst": 2}
"""Channels whose spikes a recording tells apart by their payload."""


def traffic_of(
    needs: Needs, where: Mapping[str, IntArray], cores: int, activity: Activity | None
) -> tuple[sparse.csr_array, FloatArray]:
    """Messages from core to core `(cores, cores)`, and from the host to each core."""
    total = sparse.csr_array((cores, cores))
    host = np.zeros(cores)
    for axons in needs.axons:
        k = axons.first
        spikes = spikes_of(k, activity)
        pre, there = axons.pattern.pairs(where[k.post])
        if k.host:
            host += np.bincount(there, weights=spikes[pre], minlength=cores)
        else:
            total = total + sparse.coo_array((spikes[pre], (where[k.pre][pre], there)), shape=(cores, cores)).tocsr()
    return sparse.csr_array(total), host


def spikes_of(k: ProjectionNeed, activity: Activity | None) -> FloatArray:
    """Spikes that each pre neuron sends over a projection; a relay sends those that it receives."""
    if activity is None:
        return np.ones(k.pattern.n_pre)
    return np.asarray(activity.get((k.pre, k.channel), np.zeros(k.pattern.n_pre)))


def activity_of(recording: Recording, needs: Needs) -> dict[tuple[str, str], FloatArray]:
    """Spikes of a recording, by population and channel, summed over samples; channels that it does not contain are left out."""
    found: dict[tuple[str, str], FloatArray] = {}
    relays = {k.post: k.pre for k in needs.projections if k.post.endswith(" relay")}
    for k in needs.projections:
        name = relays.get(k.pre, k.pre)
        counts = _counts(recording, name, k.channel)
        if counts is not None:
            found[k.pre, k.channel] = counts
    return found


def uncounted(recording: Recording, needs: Needs) -> tuple[str, ...]:
    """Projections whose spikes a recording does not contain, because their channel is not recorded."""
    relays = {k.post: k.pre for k in needs.projections if k.post.endswith(" relay")}
    return tuple(k.name for k in needs.projections if _counts(recording, relays.get(k.pre, k.pre), k.channel) is None)


def _counts(recording: Recording, name: str, channel: str) -> FloatArray | None:
    spikes, n = recording.spikes[name], recording.sizes[name]
    if channel == "spike":
        return np.bincount(spikes.neuron, minlength=n).astype(np.float64)
    if channel in _MARKED:
        return np.bincount(spikes.neuron[spikes.payload == _MARKED[channel]], minlength=n).astype(np.float64)
    return None
