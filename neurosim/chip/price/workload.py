"""Metrics of a run that do not depend on a chip, with the names and definitions of NeuroBench.

Yik et al. (2025), "The neurobench framework for benchmarking neuromorphic computing algorithms and systems",
doi:10.1038/s41467-025-56739-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.chip.price.events import Events
from neurosim.chip.resources.design_rules import shares, state_bytes
from neurosim.display.short import Short
from neurosim.program.fixed import FixedProgram
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.chip.placement.placed import Placed


@dataclass(frozen=True)
class Workload(Short):
    """Metrics of NeuroBench.

    Attributes
    ----------
    footprint : int
        Bytes of the synapse memory that is used, and of neuron states with four bytes each.
    connection_sparsity : float
        Fraction of weights that are 0, among all pairs of neurons that projections could connect.
    activation_sparsity : float
        Fraction of (sample, step, neuron) without a spike, sources included.
    effective_acs, effective_macs : int
        Operations with a spike at a weight other than 0: additions where spikes count as one, multiplications and additions
        where they have payloads.
    dense : int
        Multiply-accumulates of all pairs of neurons in every step, as a dense network of this size computes them.
    """

    footprint: int
    connection_sparsity: float
    activation_sparsity: float
    effective_acs: int
    effective_macs: int
    dense: int

    def __str__(self) -> str:
        return (
            f"NeuroBench: footprint {self.footprint} bytes; connection sparsity {self.connection_sparsity:.4f}; activation "
            f"sparsity {self.activation_sparsity:.4f}; effective ACs {self.effective_acs}; effective MACs "
            f"{self.effective_macs}; dense MACs {self.dense}."
        )


def workload_of(program: FixedProgram, placement: Placed, recording: Recording, events: Events) -> Workload:
    """Metrics of a recording of `program`."""
    pairs = weights = acs = macs = 0
    for k in program.projections:
        n_pre, n_post = k.weights.shape
        stored = k.stored_weights
        there = stored.astype(bool) if sparse.issparse(stored) else np.asarray(stored) != 0
        pairs += n_pre * n_post
        weights += int(there.sum())
        spikes = recording.spikes[k.pre]
        effective = int(np.bincount(spikes.neuron, minlength=n_pre) @ np.asarray(there.sum(axis=1)).ravel())
        acs += 0 if k.graded else effective
        macs += effective if k.graded else 0
    neurons = sum(recording.sizes.values())
    fired = sum(len(spikes) for spikes in recording.spikes.values())
    states = sum(p.n * p.states for p in placement.needs.populations)
    shared = sum(p.n * shares(p, placement.target) for p in placement.needs.populations)
    return Workload(
        footprint=(int(placement.used[:, 1].sum()) - shared) // 8 + state_bytes(placement.target) * states,
        connection_sparsity=1 - weights / pairs if pairs else 0.0,
        activation_sparsity=1 - fired / (neurons * events.steps) if neurons * events.steps else 0.0,
        effective_acs=acs,
        effective_macs=macs,
        dense=pairs * events.steps,
    )
