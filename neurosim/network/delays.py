"""The delays of the synapses of a projection."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neurosim.checks.distributions import Distribution
from neurosim.checks.matrices import InSi, Matrix, nonzero
from neurosim.errors import NetworkError
from neurosim.network.connectivity import Connectivity
from neurosim.network.ends import has_parts, neurons_of
from neurosim.network.projection import Projection
from neurosim.rng import stream
from neurosim.units import FloatArray, si


def drawn_delays(projection: Projection, matrix: Matrix, seed: int, dt: float) -> FloatArray:
    """Delays in seconds: one value, one per pair `(n_pre, n_post)`, or one per synapse in the order of the rows of `matrix`."""
    delay, weights = projection.delay, projection.weights
    if delay is None:
        return np.zeros(())
    if isinstance(delay, InSi):
        return np.asarray(delay.values)
    if isinstance(delay, Distribution):
        size = (matrix.nnz,) if isinstance(matrix, sparse.csr_array) else matrix.shape
        drawn = delay.draw(size, "second", stream(seed, "delays", projection.name))
        return np.asarray(np.round(drawn / dt) * dt)
    seconds = si(delay, "second", "delay")
    if seconds.ndim == 1 and isinstance(weights, Connectivity):
        return np.asarray(weights.in_order(_per_connection(seconds, matrix)))
    if seconds.ndim == 2 and has_parts(projection.pre, projection.post):
        return _of_parts(seconds, projection, matrix)
    return seconds


def _per_connection(values: FloatArray, matrix: Matrix) -> FloatArray:
    if isinstance(matrix, sparse.csr_array) and len(values) == matrix.nnz:
        return values
    found = f"{matrix.nnz} synapses" if isinstance(matrix, sparse.csr_array) else f"dense weights {matrix.shape}"
    raise NetworkError(f"delay has shape {values.shape}, and there are {found}; expected one delay, or one per synapse.")


def _of_parts(delays: FloatArray, projection: Projection, matrix: Matrix) -> FloatArray:
    """Delays (pre, post) of parts of populations, as one per synapse in the order of the rows."""
    sizes = tuple(len(neurons_of(end, n)) for end, n in zip((projection.pre, projection.post), matrix.shape, strict=True))
    if delays.shape != sizes:
        raise NetworkError(f"delay has shape {delays.shape}; expected one delay or (n_pre, n_post) = {sizes}.")
    whole = np.zeros(matrix.shape)
    whole[np.ix_(neurons_of(projection.pre, matrix.shape[0]), neurons_of(projection.post, matrix.shape[1]))] = delays
    pre, post, _ = nonzero(matrix)
    return np.asarray(whole[pre, post])
