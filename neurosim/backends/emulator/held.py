"""Sums of the weights in the emulator's memory, for the bounds of `neurosim.chip.bounds`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.to_arrays import block_order
from neurosim.chip.bounds import Held, Span, Sums, described, signed_sums
from neurosim.program.fixed import FixedProgram, FixedProjection


def held_by(program: FixedProgram, arithmetic: Arithmetic, net: KernelArrays) -> Held:
    """Function that returns the sums of the present, shifted weights in `net`; plastic weights count with their extremes."""
    blocks: dict[str, list[int]] = {}
    for j, name in enumerate(block_order(program, arithmetic)):
        blocks.setdefault(name, []).append(j)
    known = {p.name: p for p in program.projections}

    def held(projection: FixedProjection) -> Sums:
        own = known[projection.transposed or projection.name]
        if own.rule is not None:
            return described(replace(projection, rule=own.rule, sign_mode=own.mode))
        parts = blocks.get(projection.name, [])
        sums = Span(0.0, 0.0)
        for j in parts:
            sums = sums.plus(_signed(net, j))
        factor = float(net.gain[parts[0]]) if parts else 1.0
        # Each block is rounded down separately; weights that were shifted one by one are whole numbers already.
        return Sums(sums, factor, len(parts) if factor < 1 else 0)

    return held


def _signed(net: KernelArrays, j: int) -> Span:
    """Sums of the negative and of the positive weights of a block, for each post neuron."""
    n_pre, n, first, row = int(net.pre_size[j]), int(net.post_size[j]), int(net.first_weight[j]), int(net.first_row[j])
    if row < 0:
        weights: Any = net.weight[first : first + n_pre * n]
        return signed_sums(weights.reshape(n, n_pre).T if net.transposed[j] else weights.reshape(n_pre, n))
    here = slice(first, first + int(net.row[row + n_pre]))
    weights, post = net.weight[here], net.column[here]
    return Span(*(np.bincount(post, part(weights, 0), n) for part in (np.minimum, np.maximum)))
