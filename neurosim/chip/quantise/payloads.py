"""Payloads of graded spikes that are known before the network runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import QuantisationError
from neurosim.network.inputs import SpikeRaster
from neurosim.network.network import Network
from neurosim.program.step import StepProgram

if TYPE_CHECKING:
    from neurosim.chip.target import Target


def known_payloads(network: Network, program: StepProgram, target: Target) -> dict[str, tuple[float, float]]:
    """Source -> smallest and largest payload, for sources with given spikes that have a graded projection.

    Raises
    ------
    QuantisationError
        If a payload needs more bits than the target can send.
    """
    graded = {p.pre for p in program.projections if p.graded}
    # A target without payloads still sends spikes, which count as 1.
    top = max(1, 2**target.limits.payload_bits.value - 1)
    found = {}
    for population in network.populations:
        if population.name in graded and isinstance(population.model, SpikeRaster):
            values = np.asarray(population.model.values, np.float64)
            low, high = float(values.min(initial=0)), float(values.max(initial=0))
            if max(high, -low) > top:
                raise QuantisationError(
                    f"Population {population.name!r}: its SpikeRaster has payloads up to {max(high, -low):.0f}; "
                    f"{target.title} sends payloads of {target.limits.payload_bits.value} bits, up to {top}. Divide the "
                    "payloads and multiply the weights by the same factor."
                )
            found[population.name] = low, high
    return found
