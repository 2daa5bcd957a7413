"""A step program, float or fixed, as the flat arrays of the kernels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from neurosim.deploy.program import (
    ALIGN_SHIFT,
    DECAY_UNIT,
    FixedNeuron,
    FixedPopulation,
    FixedProgram,
    FixedProjection,
)
from neurosim.emulate.kernels import Packed
from neurosim.step import Dynamics, Matrix, StepNeuron, StepPopulation, StepProgram, StepProjection
from neurosim.units import FloatArray

Program = StepProgram | FixedProgram
_LANES = 8


class _Cell(NamedTuple):
    """What the kernels need of one population, each a scalar or one value a neuron."""

    kept_u: FloatArray
    kept_v: FloatArray
    bias: FloatArray
    threshold: FloatArray
    reset: FloatArray
    kept_theta: FloatArray
    jump: FloatArray


class _Block(NamedTuple):
    """One projection with one delay."""

    pre: int
    post: int
    delay: int
    graded: bool
    gain: float
    weights: Matrix


@singledispatch
def _cell(neuron: Any) -> _Cell:
    raise TypeError(type(neuron))


@_cell.register
def _(neuron: StepNeuron) -> _Cell:
    return _Cell(
        1 - neuron.du, 1 - neuron.dv, neuron.bias, neuron.v_th, neuron.v_reset, 1 - neuron.dtheta, neuron.theta_jump
    )


@_cell.register
def _(neuron: FixedNeuron) -> _Cell:
    unit, align = float(DECAY_UNIT), float(1 << ALIGN_SHIFT)
    return _Cell(
        (unit - (np.asarray(neuron.du) + 1.0)) / unit,
        (unit - np.asarray(neuron.dv)) / unit,
        neuron.bias.astype(np.float64),
        np.asarray(neuron.v_th) * align,
        np.zeros(()),
        (unit - np.asarray(neuron.dtheta)) / unit,
        np.asarray(neuron.theta_jump) * align,
    )


def layout(populations: Iterable[StepPopulation | FixedPopulation]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """First neuron of each population, and the padded total at the end."""
    padded = [-(-p.n // _LANES) * _LANES for p in populations]
    return np.concatenate([[0], np.cumsum(padded)]).astype(np.int64)


def pack(program: Program) -> Packed:
    """Flat arrays of `program`; weights in int16 or float64."""
    populations = program.populations
    index = {p.name: i for i, p in enumerate(populations)}
    start = layout(populations)
    blocks = sorted(
        (block for projection in program.projections for block in _blocks(projection, index)), key=lambda b: b.pre
    )
    neurons = [p.neuron for p in populations]
    return Packed(
        start=start[:-1],
        size=np.array([p.n for p in populations], np.int64),
        dynamics=np.array([n.dynamics for n in neurons], np.int64),
        refractory=np.array([n.refractory for n in neurons], np.int32),
        reset_interval=np.array([max(n.reset_interval, 1) for n in neurons], np.int64),
        reset_offset=np.array([n.reset_offset % max(n.reset_interval, 1) for n in neurons], np.int64),
        feed_column=_feed_columns(populations),
        **_neuron_arrays(populations, start),
        pre=np.array([b.pre for b in blocks], np.int64),
        post=np.array([b.post for b in blocks], np.int64),
        delay=np.array([b.delay for b in blocks], np.int64),
        graded=np.array([b.graded for b in blocks], np.bool_),
        gain=np.array([b.gain for b in blocks], np.float64),
        **_synapse_arrays(blocks, isinstance(program, FixedProgram)),
    )


def _feed_columns(populations: Iterable[StepPopulation | FixedPopulation]) -> Any:
    """Column of each source's first channel in the feed, -1 for neurons."""
    columns, column = [], 0
    for p in populations:
        source = p.neuron.dynamics is Dynamics.SOURCE
        columns.append(column if source else -1)
        column += p.n if source else 0
    return np.array(columns, np.int64)


def _neuron_arrays(populations: Any, start: Any) -> dict[str, FloatArray]:
    arrays = {name: np.zeros(int(start[-1])) for name in _Cell._fields}
    for p, lo in zip(populations, start[:-1], strict=True):
        for name, value in _cell(p.neuron)._asdict().items():
            arrays[name][lo : lo + p.n] = value
    return arrays


@singledispatch
def _weights_and_gain(projection: Any) -> tuple[Matrix, float]:
    raise TypeError(type(projection))


@_weights_and_gain.register
def _(projection: StepProjection) -> tuple[Matrix, float]:
    return projection.weights, 1.0


@_weights_and_gain.register
def _(projection: FixedProjection) -> tuple[Matrix, float]:
    return projection.stored_weights, 2.0**projection.weight_exp


def _blocks(projection: StepProjection | FixedProjection, index: dict[str, int]) -> Iterable[_Block]:
    """One block for each delay: Lava shifts by the weight exponent delay by delay, and floors each part."""
    weights, gain = _weights_and_gain(projection)
    ends = index[projection.pre], index[projection.post]
    delays = np.asarray(projection.delays)
    if delays.ndim == 0:
        yield _Block(*ends, int(delays), projection.graded, gain, weights)
        return
    dense = weights.toarray() if isinstance(weights, sparse.csr_array) else np.asarray(weights)
    for delay in np.unique(delays[dense != 0]):
        part = sparse.csr_array(np.where(delays == delay, dense, 0))
        yield _Block(*ends, int(delay), projection.graded, gain, part)


def _synapse_arrays(blocks: list[_Block], fixed: bool) -> dict[str, Any]:
    values, columns, rows = [], [], []
    first_weight, first_row, weights_so_far, rows_so_far = [], [], 0, 0
    for block in blocks:
        first_weight.append(weights_so_far)
        matrix = block.weights
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
    return {
        "first_weight": np.array(first_weight, np.int64),
        "first_row": np.array(first_row, np.int64),
        "weight": _joined(values, np.int16 if fixed else np.float64),
        "column": _joined(columns, np.int32),
        "row": _joined(rows, np.int64),
        "sums": np.zeros(0, np.int32 if fixed else np.float64),
    }


def _joined(parts: list[Any], dtype: Any) -> Any:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)
