"""Times of a network that are not whole steps, and the rounded times."""

from __future__ import annotations

import numpy as np

from neurosim.checks.grid import NOISE, Rounded, nearest
from neurosim.network.inputs import Input
from neurosim.network.network import Network
from neurosim.units import FloatArray


def roundings(network: Network) -> tuple[Rounded, ...]:
    """Delays and times of neurons that are not whole steps; for each array, the value that changes most."""
    dt, found = network.step_seconds, []
    for projection in network.projections:
        wanted = network.delays(projection)
        found.append((projection.name, "delay", wanted, nearest(wanted, dt) * dt))
    for population in network.populations:
        model = population.model
        if not isinstance(model, Input):
            found += [(population.name, name, wanted, steps * dt) for name, (wanted, steps) in model.whole_times(dt).items()]
    return tuple(_worst(*one) for one in found if np.any(np.abs(one[2] - one[3]) > NOISE * dt))


def _worst(part: str, what: str, wanted: FloatArray, got: FloatArray) -> Rounded:
    worst = int(np.argmax(np.abs(wanted - got)))
    return Rounded(part, what, float(np.asarray(wanted).flat[worst]), float(np.asarray(got).flat[worst]))
