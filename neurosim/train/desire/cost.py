"""Lower bound on the cost of learning from an image: additions, and bytes of weights read and written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.train.desire.chain import Chain
from neurosim.train.desire.gemm import GemmTrainer
from neurosim.train.desire.trainer import Presentation


def least_cost(chain: Chain, shown: Presentation) -> tuple[dict[str, float], NDArray[np.bool_]]:
    """Mean number of operations and bytes per image; and which images cause learning (samples,).

    Returns
    -------
    dict
        ``learning_share``: fraction of images that cause learning. ``additions_up``: one per spike and post neuron.
        ``additions_update``: at the end of a sample, one per spike and post neuron that wants a change. ``bytes_read``: weights
        of the neurons that spike. ``bytes_written``: weights that change. ``dense_additions``: additions of an implementation
        that ignores the sparsity of spikes.
    """
    dense = GemmTrainer(chain, len(shown.labels))
    spikes = dense.forward(dense.rasters(shown)[0], list(shown.masks), shown.scales)
    signs = dense.desires(spikes, shown.labels, list(shown.masks))
    learns = signs[-1].any(axis=1)
    counts = [s.sum(axis=0) for s in spikes]
    widths, item = np.array(chain.sizes[1:]), chain.weights[0].itemsize
    up = sum(c.sum(axis=1) * n for c, n in zip(counts, widths, strict=False))
    wanting = [((d != 0) & (c > 0) & learns[:, None]).sum(axis=1) for d, c in zip(signs, counts[1:], strict=True)]
    change = sum(c.sum(axis=1) * w for c, w in zip(counts, wanting, strict=False))
    read = sum((c > 0).sum(axis=1) * n for c, n in zip(counts, widths, strict=False))
    written = sum((c > 0).sum(axis=1) * w for c, w in zip(counts, wanting, strict=False))
    found = {
        "learning_share": learns.mean(),
        "additions_up": up.mean(),
        "additions_update": change.mean(),
        "bytes_read": read.mean() * item,
        "bytes_written": written.mean() * item,
        "dense_additions": 2 * chain.encoder.steps * float(np.sum(np.array(chain.sizes[:-1]) * widths)),
    }
    return {name: float(value) for name, value in found.items()}, learns
