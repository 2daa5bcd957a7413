"""Names of the Brian2 objects of each part of a network.

The prefixes prevent conflicts between these names, and with reserved words of C++: a population may be called "double".
"""

from __future__ import annotations

import re

from neurosim.plasticity.products import Gate, GateKind

WEIGHT = "synaptic_weight"
"""Name of the weight in the Synapses; not w, because some neurons have a variable w."""

FIRST_STEP = "first_step_of_sample"
"""Variable of neurons whose synapses learn: number of steps of all earlier samples."""

FIRST_ROW = "first_row_of_signals"
"""Variable of the same neurons: the step, in Brian2's time, to which the first row of the signals belongs."""

AT_THE_END = 1 << 20
"""Order among the Synapses of a step from which on the updates at the end of a sample come."""

WEIGHTS_LEARN = "weights_learn"
"""Variable of synapses whose learning can be switched: 1 while their weights learn, and 0 while they are frozen."""


def group_name(population: str) -> str:
    """Name of the NeuronGroup or SpikeGeneratorGroup."""
    return f"population_{_ascii(population)}"


def synapses_name(projection: str) -> str:
    """Name of the Synapses."""
    return f"projection_{_ascii(projection)}"


def synapse_monitor_name(projection: str, variable: str) -> str:
    """Name of the StateMonitor of a variable of synapses."""
    return f"synapses_{_both(projection, variable)}"


def normalising_name(projection: str) -> str:
    """Name of the operation that normalises the weights of a projection."""
    return f"normalising_{_ascii(projection)}"


def spike_monitor_name(population: str) -> str:
    """Name of the SpikeMonitor."""
    return f"spikes_{_ascii(population)}"


def state_monitor_name(population: str) -> str:
    """Name of the StateMonitor."""
    return f"states_{_ascii(population)}"


def variable_name(factor: str) -> str:
    """Name of a synaptic variable or trace of a rule in the Synapses."""
    # Brian2 accepts only ASCII, and a name must not end in _pre or _post, which denote the side of a synapse.
    return WEIGHT if factor == "w" else f"rule_{_ascii(factor)}_value"


def before_name(trace: str) -> str:
    """Name in the Synapses of a trace as it was before the spikes of the step."""
    return f"rule_{_ascii(trace)}_before"


def held_name(state: str) -> str:
    """Name of the value that a state of a neuron had before the step, among the variables of the neurons."""
    return f"held_{_ascii(state)}_value"


def filter_name(projection: str, trace: str) -> str:
    """Name of a projection's trace of a state among the variables of its post neurons."""
    return f"filter_{_both(projection, trace)}_value"


def signal_name(projection: str, modulator: str) -> str:
    """Name of a projection's modulator among the variables of its post neurons."""
    return f"signal_{_both(projection, modulator)}_value"


def event_name(projection: str, gate: Gate) -> str:
    """Name of the event for updates of `gate` that are due at certain steps, independent of spikes."""
    when = gate.channel if gate.kind is GateKind.PHASE else f"every_{gate.period}"
    return f"learning_{_ascii(projection)}_{when}"


def switched_name(channel: str, switch: str) -> str:
    """Name of the event that occurs with `channel` while the variable `switch` of the neuron is not zero."""
    return f"{channel}_while_{switch}"


def _both(projection: str, name: str) -> str:
    """Two names in one; the length of the first tells where it ends: both may contain the underscore between them."""
    first = _ascii(projection)
    return f"{len(first)}_{first}_{_ascii(name)}"


def _ascii(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z_]", lambda letter: f"u{ord(letter[0])}", name)
