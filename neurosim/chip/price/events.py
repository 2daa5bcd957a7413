"""Events of a run on placed cores, counted from its spikes.

A synaptic operation is a spike that reaches a synapse. A synapse is updated where a product of its rule opens: at a spike of
the pre or post neuron, or at the end of the epochs of the rule. A neuron is active in a step in which a spike reaches it or in
which it spikes; in all other steps it is inactive. (Davies et al., 2018, do not define "active".)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.chip.placement.bounds import is_dense
from neurosim.chip.placement.traffic import activity_of, uncounted
from neurosim.chip.resources.pattern import AllPairs, Pattern
from neurosim.display.short import Short
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram, IntArray
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.placement.placed import Placed
    from neurosim.chip.resources.needs import Needs, ProjectionNeed


@dataclass(frozen=True)
class Events(Short):
    """Numbers of events of a run, over all samples.

    Attributes
    ----------
    steps : int
        Steps of all samples together.
    spikes, host_spikes : int
        Spikes of neurons on cores, and of sources on the host.
    synaptic_operations, dense_operations : int
        Spikes that reach a synapse, and those of them at synapses in the dense format.
    synaptic_updates : int
        Synapses that a rule has updated.
    learning_products : int
        Products of rules that were evaluated in these updates.
    active_updates, inactive_updates : int
        Updates of compartments, in steps with and without input or spike.
    messages, host_messages : int
        Spikes times the cores that they are sent to, from cores and from the host.
    hops : mapping
        As `Placement.hops`.
    busiest_operations, busiest_updates, busiest_learning : int
        The largest numbers of synaptic operations, of updates of compartments, and of updated synapses of one core.
    not_counted : tuple of str
        Projections that carry a channel that a recording does not contain.
    """

    steps: int
    spikes: int
    host_spikes: int
    synaptic_operations: int
    dense_operations: int
    synaptic_updates: int
    active_updates: int
    inactive_updates: int
    messages: int
    host_messages: int
    hops: Mapping[str, float]
    busiest_operations: int
    busiest_updates: int
    not_counted: tuple[str, ...] = ()
    learning_products: int = 0
    busiest_learning: int = 0


def events_of(program: FixedProgram, needs: Needs, placement: Placed, recording: Recording) -> Events:
    """Count the events of a recording; `placement` is weighed by it."""
    steps = recording.steps * recording.samples
    activity = activity_of(recording, needs)
    by_core = np.zeros(int(placement.ids.max(initial=0)) + 1)
    updates = np.zeros_like(by_core)
    operations = dense = 0.0
    for k in needs.projections:
        if (k.pre, k.channel) in activity:
            found = operations_by_core(k.pattern, activity[k.pre, k.channel], placement.core_of[k.post], len(by_core))
            by_core += found
            operations += float(found.sum())
            dense += float(found.sum()) if is_dense(k, placement.target) else 0.0
    for p in needs.populations:
        updates += np.bincount(placement.core_of[p.name], minlength=len(by_core)) * p.compartments * steps
    active = sum(p.compartments * active_steps(p.name, p.n, needs, recording) for p in needs.populations)
    hosts = {p.name for p in program.populations if p.neuron.is_source}
    learned = [
        found
        for k in needs.projections
        for found in _learning(program, k, recording, activity, placement.core_of[k.post], len(by_core))
    ]
    learning = sum((count for count, _ in learned), np.zeros_like(by_core))
    return Events(
        steps=steps,
        spikes=sum(len(s) for name, s in recording.spikes.items() if name not in hosts),
        host_spikes=sum(len(s) for name, s in recording.spikes.items() if name in hosts),
        synaptic_operations=round(operations),
        dense_operations=round(dense),
        synaptic_updates=round(float(learning.sum())),
        active_updates=active,
        inactive_updates=sum(p.compartments * p.n for p in needs.populations) * steps - active,
        messages=round(float(placement.traffic.sum())),
        host_messages=round(float(placement.host.sum())),
        hops=placement.hops,
        busiest_operations=round(float(by_core.max(initial=0))),
        busiest_updates=round(float(updates.max(initial=0))),
        not_counted=uncounted(recording, needs),
        learning_products=round(float(sum(count.sum() * products for count, products in learned))),
        busiest_learning=round(float(learning.max(initial=0))),
    )


def operations_by_core(pattern: Pattern, spikes: FloatArray, place: IntArray, cores: int) -> FloatArray:
    """Spikes that reach synapses, by the core of the synapses."""
    if isinstance(pattern, AllPairs):
        return np.bincount(place, minlength=cores) * spikes.sum()
    columns = pattern.columns
    of_synapse = np.repeat(place, np.diff(columns.indptr))
    return np.bincount(of_synapse, weights=spikes[columns.indices], minlength=cores)


def active_steps(name: str, n: int, needs: Needs, recording: Recording) -> int:
    """Number of (sample, step, neuron) in which a spike reaches a neuron, one step later, or it spikes; delays are left out."""
    relays = {k.post: k.pre for k in needs.projections if k.post.endswith(" relay")}
    total = sparse.csr_array((recording.steps * recording.samples, n))
    for k in needs.incoming[name]:
        raster = _raster(recording, relays.get(k.pre, k.pre), later=1)
        if isinstance(k.pattern, AllPairs):
            rows = np.flatnonzero(np.diff(raster.indptr))
            full = sparse.csr_array((np.ones(len(rows)), (rows, np.zeros(len(rows), int))), shape=(total.shape[0], 1))
            total = total + full @ sparse.csr_array(np.ones((1, n)))
        else:
            total = total + raster @ k.pattern.columns
    if name in recording.spikes:
        total = total + _raster(recording, name)
    return int(sparse.csr_array(total).nnz)


def _raster(recording: Recording, name: str, later: int = 0) -> sparse.csr_array:
    """Spikes as (sample and step, neuron), `later` steps after they were sent."""
    spikes, n = recording.spikes[name], recording.sizes[name]
    within = spikes.step + later < recording.steps
    rows = spikes.sample[within].astype(np.int64) * recording.steps + spikes.step[within] + later
    shape = (recording.steps * recording.samples, n)
    return sparse.csr_array((np.ones(len(rows)), (rows, spikes.neuron[within])), shape=shape)


def _learning(
    program: FixedProgram,
    k: ProjectionNeed,
    recording: Recording,
    activity: Mapping[tuple[str, str], FloatArray],
    place: IntArray,
    cores: int,
) -> Iterator[tuple[FloatArray, int]]:
    """Synapses of each core that the rule of a projection updated, and products that it evaluated at each, gate by gate."""
    rule = next((p.rule for p in program.projections if p.name == k.name), None) if k.learning is not None else None
    if rule is None:
        return
    pre = activity.get((k.pre, k.channel), np.zeros(k.pattern.n_pre))
    post = np.bincount(recording.spikes[k.post].neuron, minlength=recording.sizes[k.post])
    fan_in = k.pattern.fan_in()
    found = {
        "x0": operations_by_core(k.pattern, pre, place, cores),
        "y0": np.bincount(place, weights=post * fan_in, minlength=cores),
        "u": np.bincount(place, weights=fan_in * float(_openings(rule, recording)), minlength=cores),
    }
    for gate, products in Counter(product.gate for product in rule.products).items():
        yield found[gate], products


def _openings(rule: ChipRule, recording: Recording) -> int:
    return int(recording.steps * recording.samples // (rule.epoch * 2**rule.decimation))
