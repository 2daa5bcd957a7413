"""The synapses of a step program as flat arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class KernelArrays(NamedTuple):
    """The synapses of a step program as flat arrays.

    Populations follow each other in lanes of the input sums and of the raster, each padded to a multiple of 8 neurons: first
    those that integrate, then the sources. Padding never spikes. After them come the lanes of their further receptors and
    channels.
    """

    # one entry per projection (one entry per delay for a projection with several delays)
    pre: NDArray[np.int64]
    pre_size: NDArray[np.int64]
    post: NDArray[np.int64]
    post_size: NDArray[np.int64]
    delay: NDArray[np.int64]
    late: NDArray[np.int64]
    """Steps by which spikes come later to synapses that learn, which transmit the weight that they then have."""
    first_channel: NDArray[np.int64]
    """First column of the payloads for a graded projection from a source; else -1."""
    graded: NDArray[np.int64]
    """1 for a graded projection from a neuron's channel."""
    transposed: NDArray[np.int64]
    """1 where the weights are those of another projection, transposed: they are (post, pre)."""
    gain: NDArray[np.float64]
    release: NDArray[np.int64]
    """First entry of the state of a projection with short-term plasticity; else -1."""
    release_base: NDArray[np.float64]
    release_jump: NDArray[np.float64]
    first_weight: NDArray[np.int64]
    first_row: NDArray[np.int64]
    """First index into `row`, or -1 for a dense projection."""
    # one entry per pre neuron of a projection with short-term plasticity
    kept_deficit: NDArray[np.float64]
    kept_excess: NDArray[np.float64]
    # synapses
    weight: NDArray[Any]
    column: NDArray[np.int32]
    row: NDArray[np.int64]
