"""Projections of a step program as Lava's connection processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.lava.kinds import common
from neurosim.errors import UnsupportedError
from neurosim.program.fixed import FixedProjection
from neurosim.program.step import StepProjection

MAX_DELAY = 63
"""Lava's fixed-point models take 6 bits; beyond them their child process fails and the run hangs."""
GRADED_BITS = 24
"""Any number above zero makes Lava's floating-point connections graded."""

CLASSES: Mapping[tuple[bool, bool], tuple[str, str]] = {
    (False, False): ("Dense", "lava.proc.dense.process"),
    (False, True): ("DelayDense", "lava.proc.dense.process"),
    (True, False): ("Sparse", "lava.proc.sparse.process"),
    (True, True): ("DelaySparse", "lava.proc.sparse.process"),
}
"""(sparse weights, delays) -> class and module."""


@dataclass(frozen=True)
class Connection:
    """A connection process: its class and its keywords, matrices `(n_post, n_pre)`."""

    name: str
    module: str
    matrices: Mapping[str, Any]
    options: Mapping[str, Any]

    @property
    def stock(self) -> bool:
        """Whether Lava ships it."""
        return self.module.startswith("lava.")


def connection(projection: StepProjection | FixedProjection, two_way: bool = False) -> Connection:
    """The process that carries `projection`; `two_way` if another one reads its weights while they learn."""
    if projection.rule is not None:
        return _plastic(projection, two_way)
    weights, delays = projection.weights, projection.delays
    is_sparse, delayed = sparse.issparse(weights), bool(np.any(delays))
    name, module = CLASSES[is_sparse, delayed]
    transposed = sparse.csr_matrix(weights.T) if is_sparse else np.ascontiguousarray(np.asarray(weights).T)
    matrices = {"weights": transposed} | ({"delays": _delays(delays, transposed)} if delayed else {})
    return Connection(name, module, matrices, options(projection))


def _plastic(projection: StepProjection | FixedProjection, two_way: bool) -> Connection:
    # With the sign mode given, Lava drops low bits of the weights but does not bring them into their range.
    weights = getattr(projection, "stored_weights", projection.weights)
    matrices = {"weights": np.ascontiguousarray(np.asarray(weights).T)}
    if two_way:
        return Connection("TwoWayLearningDense", "processes.two_way_dense", matrices, options(projection))
    return Connection("LearningDense", "lava.proc.dense.process", matrices, options(projection))


def _delays(delays: Any, weights: Any) -> Any:
    """Delays as Lava wants them: a number, or a matrix of int64 of the form of `weights`."""
    shared = common(delays)
    if not sparse.issparse(weights):
        return shared if np.ndim(shared) == 0 else np.ascontiguousarray(np.asarray(delays, np.int64).T)
    rows, columns = sparse.coo_matrix(weights).coords
    values = np.broadcast_to(np.asarray(delays, np.int64), weights.shape[::-1])[columns, rows]
    return sparse.csr_matrix((values, (rows, columns)), shape=weights.shape)


@singledispatch
def options(projection: Any) -> dict[str, Any]:
    """Keywords beside the matrices."""
    raise TypeError(f"expected a StepProjection or a FixedProjection, found {projection!r}.")


@options.register
def _(projection: StepProjection) -> dict[str, Any]:
    return {"num_message_bits": GRADED_BITS if projection.graded or projection.release else 0}


@options.register
def _(projection: FixedProjection) -> dict[str, Any]:
    if np.max(projection.delays) > MAX_DELAY:
        raise UnsupportedError(
            f"Projection {projection.name!r}: a delay of {np.max(projection.delays)} steps; Lava's fixed_pt takes {MAX_DELAY}."
        )
    return {
        "weight_exp": int(projection.weight_exp),
        "num_weight_bits": int(projection.weight_bits),
        "num_message_bits": int(projection.message_bits),
    }
