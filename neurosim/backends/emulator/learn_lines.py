"""Learning in the chip's integers at postsynaptic spikes, as text: changes that are computed once for all synapses of a column.

Products that read no synapse add the same to it whatever its weight. Added and clipped one after the other they are one step
``w -> min(max(w + d, low), high)`` of whole weights: the accumulator starts at a multiple of 128, so rounding at random
concerns the sum of the changes alone, and clipping, adding and rounding keep the order of what they act on. `d`, `low` and
`high` are found once for all columns whose own factors are the same (of additive pair STDP all columns), then each synapse
costs one addition and two comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator

from neurosim.backends.emulator.learn_fixed import FixedWriter
from neurosim.backends.emulator.learn_source import VARIABLES

_FAR = 1 << 30
"""Beyond all accumulators: no bound yet."""
_LIBRARY = """
def in_order(part: P[i32], n: i64, rest: P[i64], out: P[i32]):
    for q in range(n):
        out[q] = part[rest[q]]

def change_columns(w: P[i16], n: i64, places: P[i64], columns: P[i64], count: i64, d: P[i32], low: P[i32], high: P[i32]):
    for q in range(n):
        here = w + places[q]
        for c in range(count):
            here[columns[c]] = min(max(here[columns[c]] + d[q], low[q]), high[q])

def times(numbers: P[i64], n: i64, factor: i64):
    for q in range(n):
        numbers[q] = numbers[q] * factor
"""


class LineWriter(FixedWriter):
    """For dense projections whose products at postsynaptic spikes read no synapse, and all change the same variable."""

    library = FixedWriter.library + _LIBRARY

    @property
    def _target(self) -> int:
        """The variable that changes."""
        return self._products[self._posts[0]].target

    def _columns(self) -> Iterator[str]:
        """What products do to the synapses of column `j` in some rows, of which `rest` has the presynaptic parts."""
        v, given = self._target, "rest: P[i32], after: P[i32], now: P[i64], numbers: P[f64], change: P[i32]"
        yield f"\ndef column_changes(n: i64, j: i64, {given}):"
        yield from ("    stride = now[STRIDE_NOW]", *self._before(self._posts))
        yield from (f"    there_{p} = {self._there(p)}" for p in self._posts)
        yield from ("    for q in range(n):", "        total = i32(0)")
        yield from (f"        lowest = i32(-{_FAR})", f"        highest = i32({_FAR})")
        for p in self._posts:
            yield f"        product_{p} = there_{p} * rest[{p} * stride + q] >> right_{p} << left_{p}"
            yield f"        change_{p} = min(max(product_{p}, -32769), 32767)"
            yield f"        total = total + change_{p}"
            yield from (f"        {x} = min(max({x} + change_{p}, -32769), 32767)" for x in ("lowest", "highest"))
        yield from ("        more = 127 - up_above", "        change[q] = (total + more) >> 7")
        for k, x in ((1, "lowest"), (2, "highest")):
            yield f"        change[{k} * stride + q] = min(max(({x} + more) >> 7, low_{v}), high_{v})"

    def _by_columns(self) -> Iterator[str]:
        yield "n_columns = reach(n_columns, post_parts, stride, now, columns)"
        yield "want(n_pre, pre_parts, stride, now, before, wanted)"
        yield "n_rest = places(wanted, n_pre, rest)"
        yield from ("in_rest = as_i32(table[REST_PARTS])", "change = as_i32(table[CHANGE])")
        yield from (f"in_order(pre_parts + {p} * stride, n_rest, rest, in_rest + {p} * stride)" for p in self._posts)
        yield "times(rest, n_rest, n_post)"
        same = [f"post_parts[{p} * stride + columns[last]] == post_parts[{p} * stride + j]" for p in self._posts]
        yield from ("first = 0", "while first < n_columns:", "    j = columns[first]", "    last = first + 1")
        yield f"    while {' and '.join(['last < n_columns', *same])}:"
        yield "        last += 1"
        yield "    column_changes(n_rest, j, in_rest, post_parts, now, numbers, change)"
        given = "change, change + stride, change + 2 * stride"
        yield f"    change_columns({VARIABLES[self._target]}, n_rest, rest, columns + first, last - first, {given})"
        yield "    first = last"
