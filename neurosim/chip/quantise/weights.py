"""Weights on the chip: the stored range and grid, and the scale of a population that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.chip.quantise.plastic import FULL, anchor, grown, possible, rule_sign_mode
from neurosim.program.fixed import SignMode, infer_sign_mode
from neurosim.program.step import StepPopulation, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_FINE_THRESHOLD = 2048


def values(matrix: Matrix) -> Any:
    """The weights as an array: all of a dense matrix, the stored ones of a sparse one."""
    return matrix.data if isinstance(matrix, sparse.csr_array) else np.asarray(matrix)


def with_values(matrix: Matrix, values: Any) -> Matrix:
    """A matrix of the same form with other weights."""
    if not isinstance(matrix, sparse.csr_array):
        return np.asarray(values)
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def largest_size(weights: Matrix) -> float:
    """Largest absolute value of the weights."""
    return float(np.abs(values(weights)).max(initial=0.0))


def grid(mode: SignMode, bits: int) -> int:
    """Step between neighbouring stored weights."""
    return 1 << (8 - bits + (mode is SignMode.MIXED))


def largest_possible(projection: StepProjection) -> float:
    """Largest absolute weight that the projection has or can reach by learning."""
    return possible(projection, largest_size(projection.weights))


def largest_stored(mode: SignMode, bits: int) -> int:
    """Largest absolute stored weight that exists with both signs."""
    return 256 - grid(mode, bits)


def mode_of(projection: StepProjection) -> SignMode:
    """Sign mode of the weights that the projection has or can reach by learning."""
    return infer_sign_mode(projection.weights) if projection.rule is None else rule_sign_mode(projection.rule)


def top_of(projection: StepProjection, bits: int) -> int:
    """Largest absolute stored weight; the whole field if plastic, as the learning engine rounds to a finer grid."""
    return largest_stored(mode_of(projection), bits) if projection.rule is None else FULL


def worst_sum(weights: Matrix) -> float:
    """Largest current, of either sign, that one neuron could get from a projection in one step."""
    matrix = sparse.csr_array(weights)
    return float(max(matrix.maximum(0).sum(axis=0).max(), -matrix.minimum(0).sum(axis=0).min()))


def population_scale(population: StepPopulation, incoming: Iterable[StepProjection], target: Target, bits: int) -> float:
    """Scale of a population: chip units of current per described unit."""
    used = [p for p in incoming if p.rule is not None or largest_size(p.weights) > 0]
    threshold = float(np.max(population.neuron.threshold, initial=0.0))
    limits, widths = target.limits, target.limits.widths
    if not used:
        return min(_FINE_THRESHOLD, limits.threshold_max.value) / threshold if threshold > 0 else 1.0
    # A chip that shifts every weight to the right has smaller units of current than stored weights.
    full = [top_of(p, bits) / largest_possible(p) * 2.0 ** min(limits.weight_exponent.max, 0) for p in used]
    scale = _anchored(min(full), anchor(used))
    if threshold <= 0:
        return scale
    finest = limits.threshold_max.value / threshold
    if anchor(used) is not None and scale > finest:
        return float(scale * 2.0 ** np.floor(np.log2(finest / scale)))
    worst = max(worst_sum(grown(p, largest_possible(p))) for p in used) * widths.align
    scales = [scale * 2.0**e for e in range(limits.weight_exponent.max + 1)]
    room = min(1 << limits.accumulator_bits.value, widths.half)
    fitting = [s for s in scales if s <= finest and worst * s < room]
    # A negative weight exponent rounds every sum down and loses half a unit on average, so the weakest projection counts, too.
    fine = [s for s in fitting if s * threshold >= _FINE_THRESHOLD and s > max(full) / 2]
    return [min(scale, finest), *fitting[-1:], *fine[:1]][-1]


def _anchored(scale: float, fixed: float | None) -> float:
    """The largest scale up to `scale` that is a power of two times `fixed`; `scale` itself if nothing is fixed."""
    return scale if fixed is None else float(fixed * 2.0 ** np.floor(np.log2(scale / fixed) + 1e-9))


def weight_exponent(largest: float, top: int, target: Target) -> int:
    """Smallest weight exponent with which the largest weight fits the field."""
    span = target.limits.weight_exponent
    if largest <= 0:
        return 0
    return int(np.clip(np.ceil(np.log2(largest / top) - 1e-9), span.min, span.max))
