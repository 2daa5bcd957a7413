"""Adding weight rows to a table at the steps of a spike train, in vector registers.

Numba gives no way to say that two arrays do not overlap, so that a short loop spends more time on finding out than on adding.
Written out for LLVM, the sum of the rows stays in registers while the train is walked through.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

COLUMNS = 64
"""Length of a stretch."""
_REGISTER_BYTES = 64


@intrinsic
def add_rows(context, weights, index, first, last, column, train, table):
    """``table[k] += sum of weights[i, column : column + COLUMNS] for i in index[first:last]`` for each bit k of `train`.

    `weights` (n_pre, n_post) and `table` (rows, COLUMNS) are of one floating type and contiguous, `index` is int64, `train`
    uint64. Nothing is checked.
    """
    return types.void(weights, index, types.intp, types.intp, types.intp, types.uint64, table), _code


def _code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    weights, index, first, last, column, train, table = arguments
    matrix, indices = signature.args[0], signature.args[1]
    align = matrix.dtype.bitwidth // 8
    lanes = _REGISTER_BYTES // align
    vector = ir.VectorType(context.get_data_type(matrix.dtype), lanes)
    source, listed, target = (
        context.make_array(kind)(context, builder, array)
        for kind, array in ((matrix, weights), (indices, index), (signature.args[6], table))
    )
    stride = builder.extract_value(source.shape, 1)

    def places(data: Any, offset: Any) -> list[Any]:
        start = builder.gep(data, [offset])
        parts = (builder.gep(start, [ir.Constant(offset.type, lanes * s)]) for s in range(COLUMNS // lanes))
        return [builder.bitcast(part, vector.as_pointer()) for part in parts]

    def add(sums: list[Any], data: Any, offset: Any) -> None:
        for place, part in zip(places(data, offset), sums, strict=True):
            builder.store(builder.fadd(builder.load(place, align=align), builder.load(part)), place, align=align)

    # LLVM turns these into registers.
    sums = [cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * lanes)) for _ in range(COLUMNS // lanes)]
    for part in sums:
        builder.store(ir.Constant(vector, [0.0] * lanes), part)
    with cgutils.for_range_slice(builder, first, last, ir.Constant(first.type, 1), first.type) as (q, _):
        offset = builder.add(builder.mul(builder.load(builder.gep(listed.data, [q])), stride), column)
        for place, part in zip(places(source.data, offset), sums, strict=True):
            builder.store(builder.fadd(builder.load(part), builder.load(place, align=align)), part)
    left = cgutils.alloca_once_value(builder, train)
    zero, one = ir.Constant(train.type, 0), ir.Constant(train.type, 1)
    before, body, after = (builder.append_basic_block(name) for name in ("train", "spike", "silence"))
    builder.branch(before)
    builder.position_at_end(before)
    bits = builder.load(left)
    builder.cbranch(builder.icmp_unsigned("!=", bits, zero), body, after)
    builder.position_at_end(body)
    k = builder.cttz(bits, ir.Constant(ir.IntType(1), 1))
    add(sums, target.data, builder.mul(k, ir.Constant(k.type, COLUMNS)))
    builder.store(builder.and_(bits, builder.sub(bits, one)), left)
    builder.branch(before)
    builder.position_at_end(after)
    return context.get_dummy_value()
