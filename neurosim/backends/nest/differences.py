"""What NEST computes in another way than the step program, by the name with which a user accepts it."""

from __future__ import annotations

from collections.abc import Mapping, Set

from neurosim.errors import UnsupportedError

DIFFERENCES: Mapping[str, str] = {
    "nest_stdp": "synapses that learn see a postsynaptic spike one step late and change only at presynaptic spikes: pairs in "
    "the same step, or with the post spike one step earlier, lack the change at the pre spike; a pre spike sends the weight "
    "after its own change; and weights that are read lack what came after the last pre spike",
    "nest_delay": "spikes arrive one step later, because NEST has no delay below one step and its synaptic current acts on v "
    "one step after a spike arrived",
}
"""Differences that a user can accept by name, each with what it changes."""


def accepted(allow: Set[str], name: str, who: str) -> None:
    """Raise UnsupportedError, which says what differs for `who`, unless the difference `name` is allowed."""
    if name not in allow:
        raise UnsupportedError(
            f'{who}: in NEST, {DIFFERENCES[name]}. Accept it with allow={{"{name}"}}, or use the emulator or Brian2.'
        )
