"""What the Brian2 object of each part of a network is called.

The prefix keeps them apart from each other and from words of C++: a population may be called "double".
"""

from __future__ import annotations


def group_name(population: str) -> str:
    """Name of the NeuronGroup or SpikeGeneratorGroup."""
    return f"population_{population}"


def synapses_name(projection: str) -> str:
    """Name of the Synapses."""
    return f"projection_{projection}"


def spike_monitor_name(population: str) -> str:
    """Name of the SpikeMonitor."""
    return f"spikes_{population}"


def state_monitor_name(population: str) -> str:
    """Name of the StateMonitor."""
    return f"states_{population}"
