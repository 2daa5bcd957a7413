"""Rows of weights and spike trains, in vector registers.

Numba gives no way to say that two arrays do not overlap, so that a short loop spends more time on finding out than on adding.
Written out for LLVM, a stretch of a row stays in registers while a train is walked through, and the rows that come next are
fetched meanwhile: adding leaves no room in the pipeline to look ahead, and a line from the third cache takes as long as ten
spikes.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

PART = 16
"""A stretch is a whole number of parts of so many columns."""
WIDE = np.zeros((0,) * 8)
"""The stretch of a dense layer: an array with as many dimensions as the stretch has parts, so that code is made for each."""
COLUMNS = PART * WIDE.ndim
"""Number of columns of the stretch of a dense layer."""
REGISTER_BYTES = 64
_AHEAD = 8
"""Rows between the one that is fetched and the one in use."""
_BYTE = ir.IntType(8)
_INT32 = ir.IntType(32)


@intrinsic
def add_rows(context, stretch, weights, index, first, last, count, column, train, table):
    """``table[k] += sum of weights[i, column : column + columns] for i in index[first:last]`` for each bit k of `train`.

    `stretch` gives the number of columns. `weights` (n_pre, n_post) and `table` (rows, columns) are of one floating type and
    contiguous, `index` is int64 and holds `count` rows, `train` is uint64. Nothing is checked.
    """
    size = types.intp
    return types.void(stretch, weights, index, size, size, size, size, types.uint64, table), _code_of_rows


@intrinsic
def add_changes(context, stretch, weights, index, first, last, count, column, train, wanted, low, high, table):
    """``weights[i, column : column + columns] += sum of table[k] for bits k of train`` for each i in index[first:last].

    As in `add_rows`; bit p of `wanted` (uint64) says whether register p of the stretch changes at all. What changes is brought
    within low..high.
    """
    size, bits, kind = types.intp, types.uint64, weights.dtype
    return types.void(stretch, weights, index, size, size, size, size, bits, bits, kind, kind, table), _code_of_changes


@intrinsic
def dot(context, stretch, weights, i, values):
    """Sum of ``weights[i, j] * values[j]``; weights (n_pre, n_post) and values (n_post,) as in `add_rows`, whole stretches."""
    return weights.dtype(stretch, weights, types.intp, values), _code_of_dot


def _code_of_rows(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    _, weights, index, first, last, count, column, train, table = arguments
    stretch = _Stretch(context, builder, signature, weights, index, table)
    sums = stretch.zeros()
    with stretch.rows(first, last, count, column) as places:
        for place, part in zip(places, sums, strict=True):
            stretch.add(part, builder.load(place, align=stretch.align))
    with _spikes(builder, train) as k:
        for place, part in zip(stretch.table_row(k), sums, strict=True):
            stretch.add(place, builder.load(part))
    return context.get_dummy_value()


def _code_of_changes(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    _, weights, index, first, last, count, column, train, wanted, low, high, table = arguments
    stretch = _Stretch(context, builder, signature, weights, index, table)
    sums, low, high = stretch.zeros(), stretch.filled(low), stretch.filled(high)
    with _spikes(builder, train) as k:
        for place, part in zip(stretch.table_row(k), sums, strict=True):
            stretch.add(part, builder.load(place, align=stretch.align))
    with stretch.rows(first, last, count, column) as places:
        for p, (place, part) in enumerate(zip(places, sums, strict=True)):
            with builder.if_then(builder.trunc(builder.lshr(wanted, ir.Constant(wanted.type, p)), ir.IntType(1))):
                changed = builder.fadd(builder.load(place, align=stretch.align), builder.load(part))
                changed = builder.select(builder.fcmp_ordered("<", changed, low), low, changed)
                changed = builder.select(builder.fcmp_ordered(">", changed, high), high, changed)
                builder.store(changed, place, align=stretch.align)
    return context.get_dummy_value()


def _code_of_dot(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    _, weights, i, values = arguments
    stretch = _Stretch(context, builder, signature, weights, None, values)
    sums, zero = stretch.zeros(), ir.Constant(i.type, 0)
    row = builder.mul(i, stretch.columns)
    with cgutils.for_range_slice(builder, zero, stretch.columns, ir.Constant(i.type, stretch.width), i.type) as (column, _):
        for part, *pair in zip(sums, stretch.weights_at(builder.add(row, column)), stretch.table_at(column), strict=True):
            factors = (builder.load(place, align=stretch.align) for place in pair)
            product = builder.fmul(*factors, flags=("contract",))
            builder.store(builder.fadd(builder.load(part), product, flags=("contract",)), part)
    return _total(builder, [builder.load(part) for part in sums])


def _total(builder: Any, parts: list[Any]) -> Any:
    """Sum over some vectors and their lanes, half onto half; the number of both is a power of two."""
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
    (vector,) = parts
    lanes = vector.type.count
    while lanes > 1:
        lanes //= 2
        halves = [[ir.Constant(_INT32, n + k) for k in range(lanes)] for n in (0, lanes)]
        low, high = (builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_INT32, lanes), half)) for half in halves)
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(_INT32, 0))


class _Stretch:
    """A stretch of columns of a matrix of weights and of a table, as registers."""

    def __init__(self, context: Any, builder: Any, signature: Any, weights: Any, index: Any, table: Any) -> None:
        self.width = PART * signature.args[0].ndim
        matrix, small = signature.args[1], signature.args[-1]
        source = context.make_array(matrix)(context, builder, weights)
        self._builder = builder
        self._weights, self.columns = source.data, builder.extract_value(source.shape, 1)
        self._index = None if index is None else context.make_array(signature.args[2])(context, builder, index).data
        self._table = context.make_array(small)(context, builder, table).data
        self.align = matrix.dtype.bitwidth // 8
        self._lanes = REGISTER_BYTES // self.align
        self._vector = ir.VectorType(context.get_data_type(matrix.dtype), self._lanes)

    def zeros(self) -> list[Any]:
        """Sums; LLVM turns them into registers."""
        zero = ir.Constant(self._vector, [0.0] * self._lanes)
        sums = [cgutils.alloca_once(self._builder, self._vector) for _ in range(self.width // self._lanes)]
        for part in sums:
            self._builder.store(zero, part)
        return sums

    def filled(self, value: Any) -> Any:
        """A register of one number."""
        undefined = ir.Constant(self._vector, ir.Undefined)
        one = self._builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
        return self._builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(_INT32, self._lanes), [0] * self._lanes))

    def add(self, place: Any, value: Any) -> None:
        """``*place += value``."""
        builder = self._builder
        builder.store(builder.fadd(builder.load(place, align=self.align), value), place, align=self.align)

    def table_row(self, k: Any) -> list[Any]:
        """Where the registers of row k of the table are."""
        return self.table_at(self._builder.mul(k, ir.Constant(k.type, self.width)))

    def table_at(self, offset: Any) -> list[Any]:
        """The same behind `offset` numbers."""
        return self._places(self._table, offset)

    def weights_at(self, offset: Any) -> list[Any]:
        """Where the registers of the weights behind `offset` numbers are."""
        return self._places(self._weights, offset)

    @contextmanager
    def rows(self, first: Any, last: Any, count: Any, column: Any) -> Iterator[list[Any]]:
        """A loop over index[first:last]; gives where the registers of the row are."""
        builder = self._builder
        final = builder.sub(count, ir.Constant(count.type, 1))
        with cgutils.for_range_slice(builder, first, last, ir.Constant(first.type, 1), first.type) as (q, _):
            ahead = builder.add(q, ir.Constant(q.type, _AHEAD))
            ahead = builder.select(builder.icmp_signed("<", ahead, final), ahead, final)
            for place in self._row(ahead, column):
                self._fetch(place)
            yield self._row(q, column)

    def _row(self, q: Any, column: Any) -> list[Any]:
        builder = self._builder
        start = builder.mul(builder.load(builder.gep(self._index, [q])), self.columns)
        return self.weights_at(builder.add(start, column))

    def _places(self, data: Any, offset: Any) -> list[Any]:
        builder = self._builder
        start = builder.gep(data, [offset])
        parts = (builder.gep(start, [ir.Constant(offset.type, self._lanes * s)]) for s in range(self.width // self._lanes))
        return [builder.bitcast(part, self._vector.as_pointer()) for part in parts]

    def _fetch(self, place: Any) -> None:
        builder = self._builder
        kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), _INT32, _INT32, _INT32])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # To read, into all caches, data.
        how = [ir.Constant(_INT32, value) for value in (0, 3, 1)]
        builder.call(fetch, [builder.bitcast(place, _BYTE.as_pointer()), *how])


@contextmanager
def _spikes(builder: Any, train: Any) -> Iterator[Any]:
    """A loop over the bits of a train, in rising order."""
    left = cgutils.alloca_once(builder, train.type)
    builder.store(train, left)
    zero, one = ir.Constant(train.type, 0), ir.Constant(train.type, 1)
    before, body, after = (builder.append_basic_block(name) for name in ("train", "spike", "silence"))
    builder.branch(before)
    builder.position_at_end(before)
    bits = builder.load(left)
    builder.cbranch(builder.icmp_unsigned("!=", bits, zero), body, after)
    builder.position_at_end(body)
    yield builder.cttz(bits, ir.Constant(ir.IntType(1), 1))
    builder.store(builder.and_(bits, builder.sub(bits, one)), left)
    builder.branch(before)
    builder.position_at_end(after)
