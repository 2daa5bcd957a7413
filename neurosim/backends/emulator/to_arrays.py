"""Lanes of the populations of a step program, and its synapses as flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.checks.matrices import Matrix, nonzero, per_synapse
from neurosim.errors import UnsupportedError, unknown_name
from neurosim.network.short_term import StepRelease
from neurosim.program.checks import check_program
from neurosim.program.fixed import DECAY_UNIT, FixedPopulation, FixedProgram, FixedProjection, FixedRelease
from neurosim.program.step import StepPopulation, StepProgram, StepProjection

Program = StepProgram | FixedProgram
_LANES = 8
_ORDER = ("LIF", "SoftResetLIF", "RefractoryLIF", "AdaptiveLIF", "LIFReset", "DesireLIF", "BurstLIF")
"""Of lanes, and so of the sums of input: another order would round float sums differently than before."""


class _Block(NamedTuple):
    """One projection with one delay."""

    projection: StepProjection | FixedProjection
    delay: int
    gain: float
    weights: Matrix

    @property
    def release(self) -> StepRelease | FixedRelease | None:
        """Short-term plasticity of the projection, if it has any."""
        return self.projection.release

    @property
    def late(self) -> int:
        """Part of the delay after which spikes come to the synapses: all of it where weights learn."""
        return 0 if self.projection.rule is None else self.delay


def first_neurons(populations: Sequence[StepPopulation | FixedPopulation]) -> dict[str, int]:
    """First packed neuron of each population: grouped by dynamics, sources last, each padded to a multiple of 8."""
    start, place = 0, {}
    for p in sorted(populations, key=_group):
        place[p.name] = start
        start += -(-p.n // _LANES) * _LANES
    return place


def width(populations: Sequence[StepPopulation | FixedPopulation]) -> int:
    """Number of lanes: packed neurons, padding included, and their further receptors and channels."""
    return padded(populations) + sum(_further(p) * -(-p.n // _LANES) * _LANES for p in populations)


def padded(populations: Sequence[StepPopulation | FixedPopulation]) -> int:
    """Number of packed neurons, padding included."""
    return sum(-(-p.n // _LANES) * _LANES for p in populations)


def _further(population: StepPopulation | FixedPopulation) -> int:
    """Number of lanes per neuron besides its own; a further receptor and a further channel share one."""
    return max(len(population.neuron.receptors), len(population.neuron.channels)) - 1


def lanes(populations: Sequence[StepPopulation | FixedPopulation]) -> dict[tuple[str, int], int]:
    """(population, k) -> first lane of its k-th receptor and k-th channel."""
    found = {(name, 0): start for name, start in first_neurons(populations).items()}
    free = padded(populations)
    for p in populations:
        for k in range(1, _further(p) + 1):
            found[p.name, k] = free
            free += -(-p.n // _LANES) * _LANES
    return found


def _group(population: StepPopulation | FixedPopulation) -> tuple[bool, int]:
    neuron = population.neuron
    if neuron.is_source or neuron.step.name not in _ORDER:
        return neuron.is_source, len(_ORDER)
    return False, _ORDER.index(neuron.step.name)


def channels(populations: Sequence[StepPopulation | FixedPopulation]) -> dict[str, int]:
    """First column of each source in the array of inputs."""
    sources = [p for p in populations if p.neuron.is_source]
    firsts = np.cumsum([0, *(p.n for p in sources)])
    return {p.name: int(first) for p, first in zip(sources, firsts, strict=False)}


def to_arrays(program: Program, arithmetic: Arithmetic) -> KernelArrays:
    """The synapses of `program`; NetworkError if the program is inconsistent."""
    check_program(program)
    populations = program.populations
    fed = channels(populations)
    blocks = _ordered_blocks(program, arithmetic)
    projections = [b.projection for b in blocks]
    size = {p.name: p.n for p in populations}
    return KernelArrays(
        pre=np.array([_pre_lane(program, p) for p in projections], np.int64),
        pre_size=np.array([size[p.pre] for p in projections], np.int64),
        post=np.array([_post_lane(program, p) for p in projections], np.int64),
        post_size=np.array([size[p.post] for p in projections], np.int64),
        delay=np.array([b.delay - b.late for b in blocks], np.int64),
        late=np.array([b.late for b in blocks], np.int64),
        first_channel=np.array([fed.get(p.pre, -1) if p.graded else -1 for p in projections], np.int64),
        graded=np.array([p.graded and p.channel != "spike" for p in projections], np.int64),
        transposed=np.array([bool(p.transposed) for p in projections], np.int64),
        gain=np.array([b.gain for b in blocks], np.float64),
        **_release_arrays(blocks, size),
        **_synapse_arrays(blocks, _WEIGHT_TYPES[arithmetic]),
    )


def _release_arrays(blocks: Sequence[_Block], size: dict[str, int]) -> dict[str, Any]:
    counts = [size[b.projection.pre] if b.release else 0 for b in blocks]
    firsts = np.cumsum([0, *counts])[:-1]
    numbers = np.array([_release(b.release) for b in blocks], np.float64).reshape(-1, 4)
    # Contiguous columns: for others every kernel would be compiled once more.
    base, jump, kept_deficit, kept_excess = np.ascontiguousarray(numbers.T)
    return {
        "release": np.array([f if b.release else -1 for f, b in zip(firsts, blocks, strict=True)], np.int64),
        "release_base": base,
        "release_jump": jump,
        "kept_deficit": np.repeat(kept_deficit, counts),
        "kept_excess": np.repeat(kept_excess, counts),
    }


@singledispatch
def _release(release: Any) -> tuple[float, float, float, float]:
    """Base, jump, and the fractions of deficit and excess that remain after a step."""
    return 0.0, 0.0, 0.0, 0.0


@_release.register
def _(release: StepRelease) -> tuple[float, float, float, float]:
    return release.base, release.jump, release.kept_x, release.kept_u


@_release.register
def _(release: FixedRelease) -> tuple[float, float, float, float]:
    return release.base, release.jump, release.kept_x / DECAY_UNIT, release.kept_u / DECAY_UNIT


def _ordered_blocks(program: Program, arithmetic: Arithmetic) -> list[_Block]:
    blocks = [block for projection in program.projections for block in _blocks(projection, arithmetic)]
    return sorted(blocks, key=lambda block: _pre_lane(program, block.projection))


def _pre_lane(program: Program, projection: StepProjection | FixedProjection) -> int:
    """First lane of the channel that the projection carries."""
    known = program.population(projection.pre).neuron.channels
    if projection.channel not in known:
        raise UnsupportedError(f"Projection {projection.name!r}: " + unknown_name("channel", projection.channel, known))
    return lanes(program.populations)[projection.pre, known.index(projection.channel)]


def _post_lane(program: Program, projection: StepProjection | FixedProjection) -> int:
    """First lane of the receptor at which the projection ends."""
    known = program.population(projection.post).neuron.receptors
    if projection.receptor not in known:
        raise UnsupportedError(f"Projection {projection.name!r}: " + unknown_name("receptor", projection.receptor, known))
    return lanes(program.populations)[projection.post, known.index(projection.receptor)]


def block_order(program: Program, arithmetic: Arithmetic) -> list[str]:
    """Name of the projection of each packed block; a projection with several delays occurs several times."""
    return [block.projection.name for block in _ordered_blocks(program, arithmetic)]


def _float_weights(projection: Any) -> tuple[Matrix, float]:
    return projection.weights, 1.0


def _fixed_weights(projection: Any) -> tuple[Matrix, float]:
    """Stored weights and their gain, because Lava shifts the sum by the weight exponent."""
    return projection.stored_weights, 2.0**projection.weight_exp


def _loihi1_weights(projection: Any) -> tuple[Matrix, float]:
    """Shifted weights and a gain of 1, because the chip shifts each weight and rounds it down."""
    stored = projection.stored_weights
    if isinstance(stored, sparse.csr_array):
        shifted = stored.astype(np.float64)
        shifted.data = np.floor(shifted.data * 2.0**projection.weight_exp)
        return shifted, 1.0
    return np.floor(stored * 2.0**projection.weight_exp), 1.0


_WEIGHTS = {
    Arithmetic.FLOAT: _float_weights,
    Arithmetic.FIXED: _fixed_weights,
    Arithmetic.LOIHI1: _loihi1_weights,
    Arithmetic.UNLIMITED: _fixed_weights,
}
_WEIGHT_TYPES = {
    Arithmetic.FLOAT: np.float64, Arithmetic.FIXED: np.int16, Arithmetic.LOIHI1: np.int32, Arithmetic.UNLIMITED: np.int16,
}  # fmt: skip


def _blocks(projection: StepProjection | FixedProjection, arithmetic: Arithmetic) -> Iterable[_Block]:
    """One block per delay, because Lava shifts by the weight exponent separately for each delay and rounds each part down."""
    weights, gain = _WEIGHTS[arithmetic](projection)
    delays = np.asarray(projection.delays)
    if delays.ndim == 0:
        yield _Block(projection, int(delays), gain, weights)
        return
    # Stored zeros of a sparse matrix are synapses, whose weights can be set later.
    matrix = weights if isinstance(weights, sparse.csr_array) else sparse.csr_array(np.asarray(weights))
    pre, post, values = nonzero(matrix)
    own = per_synapse(delays, pre, post)
    for delay in np.unique(own):
        here = own == delay
        part = sparse.csr_array((values[here], (pre[here], post[here])), shape=matrix.shape)
        yield _Block(projection, int(delay), gain, part)


def _synapse_arrays(blocks: Sequence[_Block], dtype: Any) -> dict[str, Any]:
    values, columns, rows = [], [], []
    first_weight, first_row, weights_so_far, rows_so_far = [], [], 0, 0
    for block in blocks:
        first_weight.append(weights_so_far)
        matrix = np.zeros((0, 0)) if block.projection.transposed else block.weights
        if isinstance(matrix, sparse.csr_array):
            first_row.append(rows_so_far)
            values.append(matrix.data)
            columns.append(matrix.indices)
            rows.append(matrix.indptr)
            rows_so_far += len(matrix.indptr)
        else:
            first_row.append(-1)
            values.append(np.ascontiguousarray(matrix).ravel())
            columns.append(np.zeros(matrix.size, np.int32))
        weights_so_far += len(values[-1])
    place = {block.projection.name: first for block, first in zip(blocks, first_weight, strict=True)}
    first_weight = [place.get(b.projection.transposed, first) for b, first in zip(blocks, first_weight, strict=True)]
    return {
        "first_weight": np.array(first_weight, np.int64),
        "first_row": np.array(first_row, np.int64),
        "weight": _joined(values, dtype),
        "column": _joined(columns, np.int32),
        "row": _joined(rows, np.int64),
    }


def _joined(parts: list[Any], dtype: Any) -> Any:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)
