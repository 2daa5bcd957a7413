"""Projections of a step program as Lava's connection processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.lava.kinds import common
from neurosim.checks.matrices import nonzero, per_synapse
from neurosim.errors import UnsupportedError
from neurosim.program.fixed import FixedProjection
from neurosim.program.step import StepProjection

MAX_DELAY = 63
"""Largest delay in Lava's fixed-point models, 6 bits; with a larger one, their child process fails and the run hangs."""
GRADED_BITS = 24
"""Number of message bits for graded spikes; any number above zero makes Lava's floating-point connections graded."""

CLASSES: Mapping[tuple[bool, bool], tuple[str, str]] = {
    (False, False): ("Dense", "lava.proc.dense.process"),
    (False, True): ("DelayDense", "lava.proc.dense.process"),
    (True, False): ("Sparse", "lava.proc.sparse.process"),
    (True, True): ("DelaySparse", "lava.proc.sparse.process"),
}
"""(sparse weights, delays) -> class of the connection and its module."""


@dataclass(frozen=True)
class Connection:
    """A connection process of Lava: its class and its keywords; matrices are `(n_post, n_pre)`."""

    name: str
    module: str
    matrices: Mapping[str, Any]
    options: Mapping[str, Any]

    @property
    def stock(self) -> bool:
        """Whether the class is part of Lava."""
        return self.module.startswith("lava.")


def connection(projection: StepProjection | FixedProjection, two_way: bool = False) -> Connection:
    """The connection process of `projection`; `two_way` if another projection uses its transposed weights while they learn."""
    if projection.rule is not None:
        return _plastic(projection, two_way)
    weights, delays = projection.weights, projection.delays
    is_sparse, delayed = sparse.issparse(weights), bool(np.any(delays))
    name, module = CLASSES[is_sparse, delayed]
    transposed = sparse.csr_matrix(weights.T) if is_sparse else np.ascontiguousarray(np.asarray(weights).T)
    matrices = {"weights": transposed} | ({"delays": _delays(delays, transposed)} if delayed else {})
    return Connection(name, module, matrices, options(projection))


def _plastic(projection: StepProjection | FixedProjection, two_way: bool) -> Connection:
    # If the sign mode is given, Lava drops low bits of the weights but does not clip them to their range.
    weights = getattr(projection, "stored_weights", projection.weights)
    matrices = {"weights": np.ascontiguousarray(np.asarray(weights).T)}
    if two_way:
        return Connection("TwoWayLearningDense", "processes.two_way_dense", matrices, options(projection))
    return Connection("LearningDense", "lava.proc.dense.process", matrices, options(projection))


def _delays(delays: Any, weights: Any) -> Any:
    """Delays in Lava's form: a number, or a matrix of int64 with the structure of `weights`."""
    shared = common(delays)
    if not sparse.issparse(weights):
        return shared if np.ndim(shared) == 0 else np.ascontiguousarray(np.asarray(delays, np.int64).T)
    pre, post, _ = nonzero(sparse.csr_array(weights.T))
    values = np.broadcast_to(per_synapse(np.asarray(delays, np.int64), pre, post), pre.shape)
    return sparse.csr_matrix((values, (post, pre)), shape=weights.shape)


@singledispatch
def options(projection: Any) -> dict[str, Any]:
    """Keywords of the connection besides the matrices."""
    raise TypeError(f"expected a StepProjection or a FixedProjection, found {projection!r}.")


@options.register
def _(projection: StepProjection) -> dict[str, Any]:
    return {"num_message_bits": GRADED_BITS if projection.graded or projection.release else 0}


@options.register
def _(projection: FixedProjection) -> dict[str, Any]:
    if np.max(projection.delays) > MAX_DELAY:
        raise UnsupportedError(
            f"Projection {projection.name!r}: a delay of {np.max(projection.delays)} steps; Lava's fixed_pt supports up to "
            f"{MAX_DELAY}. Shorten the delay or lengthen dt."
        )
    return {
        "weight_exp": int(projection.weight_exp),
        "num_weight_bits": int(projection.weight_bits),
        "num_message_bits": int(projection.message_bits),
    }
