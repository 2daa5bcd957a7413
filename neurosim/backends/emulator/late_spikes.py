"""Spikes that come to synapses that learn some steps after they were emitted: the loop over blocks of synapses as text.

A delay of fixed synapses can act after their weights, but one of synapses that learn acts before: what is transmitted is the
weight at the time when the spike comes to the synapse.
"""

from __future__ import annotations

_CAME = """
            if b[PRE] != source:
                source = b[PRE]
                count = active(fired + source, b[PRE_SIZE], index)
"""
_CAME_LATE = """
            late = as_i64(job[LATE])[j]
            if b[PRE] + late * total != source:
                source = b[PRE] + late * total
                came = fired
                if late > 0:
                    came = as_u8(job[SPIKES]) + ((counted + t + job[SPIKE_RINGS] - late) % job[SPIKE_RINGS]) * total
                count = active(came + b[PRE], b[PRE_SIZE], index)
"""
"""The pre neurons whose spikes are transmitted: those that spike, or that spiked some steps ago."""


def with_late_spikes(loop: str) -> str:
    """The step loop in which each block has its own delay, LATE, before its synapses."""
    return loop.replace(_CAME, _CAME_LATE)
