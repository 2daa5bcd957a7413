"""Learning in the chip's integers where an epoch has several steps, as text.

The parts of a product exist once for each step of the epoch, because a spike meets the traces as they were when it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neurosim.backends.emulator.learn_fixed import FixedWriter
from neurosim.backends.emulator.rule_layout import POST, RuleLayout
from neurosim.plasticity.products import GateKind

_LIBRARY = """
def follow(values: P[i32], n: i64, last: P[i32], at: i32, kept: f64, random: f64, bump: i32, out: P[i32]):
    for i in range(n):
        value = decayed(values[i], kept, random)
        out[i] = min(max(value + bump, 0), 127) if last[i] == at else value

def note(last: P[i32], n: i64, fired: P[u8], offset: i32):
    for i in range(n):
        last[i] = offset if fired[i] != 0 else last[i]

def bump_again(values: P[i32], n: i64, last: P[i32], fired: P[u8], bump: i32):
    for i in range(n):
        values[i] = min(max(values[i] + bump, 0), 127) if fired[i] != 0 and last[i] > 0 else values[i]

def came(part: P[i32], n: i64, size: i32, last: P[i32]):
    for i in range(n):
        part[i] = size if last[i] > 0 else 0

def multiply_then(part: P[i32], n: i64, history: P[i32], width: i64, last: P[i32], constant: i32):
    for i in range(n):
        part[i] = part[i] * min(max(history[last[i] * width + i] + constant, -128), 127)

def copy(values: P[i32], n: i64, out: P[i32]):
    for i in range(n):
        out[i] = values[i]

def clear(values: P[i32], n: i64):
    for i in range(n):
        values[i] = 0

def came_at(last: P[i32], n: i64, index: P[i64]) -> i64:
    count = 0
    for i in range(n):
        index[count] = i
        count += i64(last[i] != 0)
    return count
"""


class EpochWriter(FixedWriter):
    """Traces and products at the end of an epoch; only further spikes of an epoch act at once."""

    library = FixedWriter.library + _LIBRARY
    came = ("last_pre", "i32")

    def __init__(self, layout: RuleLayout, dense: bool) -> None:
        super().__init__(layout, dense)
        self._epoch = layout.projection.rule.epoch

    def _in_step(self) -> Iterator[str]:
        yield from ("last_pre = as_i32(table[LAST_PRE])", "last_post = as_i32(table[LAST_POST])")
        yield from ("history = as_i32(table[HISTORY])", "width = table[HISTORY_WIDTH]", f"offset = k % {self._epoch} + 1")
        if self._layout.traces:
            yield "if offset > 1:"
        for r in range(len(self._layout.traces)):
            n, fired, side = self._side(r)
            bump = self._bump(r, "post_again" if side == "post" else "0.0")
            yield f"    bump_again(trace_{r}, {n}, last_{side}, {fired}, {bump})"
        yield from ("note(last_pre, n_pre, before, i32(offset))", "note(last_post, n_post, after, i32(offset))")
        yield f"if offset == {self._epoch}:"
        for r in range(len(self._layout.traces)):
            n, _, side = self._side(r)
            yield f"    copy(trace_{r}, {n}, history + ({self._offset(r)}))"
            yield f"    for m in range(1, {self._epoch + 1}):"
            yield f"        then_{r} = history + (m * width + {self._offset(r)})"
            given = f"{self._trace_number(r, 0)}, {side}_decay, {self._bump(r, f'{side}_impulse')}"
            yield f"        follow(then_{r} + (0 - width), {n}, last_{side}, i32(m), {given}, then_{r})"
            yield f"    copy(history + ({self._epoch} * width + {self._offset(r)}), {n}, trace_{r})"
            # A spike of no step meets nothing.
            yield f"    clear(history + ({self._offset(r)}), {n})"
        for side, n, listed, count in (("pre", "n_pre", "lines", "n_rows"), ("post", "n_post", "columns", "n_columns")):
            yield f"    {count} = came_at(last_{side}, {n}, {listed})"
            yield f"    now[LAST_{side.upper()}_NOW] = table[LAST_{side.upper()}]"
        yield from self._indented(self._phase(), 4)
        yield from ("    clear(last_pre, n_pre)", "    clear(last_post, n_post)")

    def _opens(self, p: int) -> str:
        if self._products[p].gate == int(GateKind.EVERY):
            return f"(k + 1) // {self._epoch} % i64({self._product_number(p, 3)}) == 0"
        return super()._opens(p)

    def _side_of(self, p: int, side: int, is_gated: bool, by_step: bool) -> Iterator[str]:
        """One part of a product, or one for each step in which the other side can have spiked."""
        n, name = ("n_post", "post") if side == POST else ("n_pre", "pre")
        size = self._size(p, side)
        first, at = (1, "m") if by_step else (self._epoch, "1")
        yield f"for m in range({first}, {self._epoch + 1}):"
        yield f"    part_{p} = {name}_parts + ({p * self._slots} + {at}) * stride"
        yield f"    came(part_{p}, {n}, {size}, last_{name})" if is_gated else f"    fill(part_{p}, {n}, {size})"
        for _, which, constant in self._factors(p, side):
            then = f"history + ({self._offset(which)})"
            if is_gated:
                yield f"    multiply_then(part_{p}, {n}, {then}, width, last_{name}, {constant})"
            else:
                yield f"    multiply(part_{p}, {n}, {then} + m * width, {constant})"
        yield f"    now[{p}] = i64(now[{p}] != 0 or some(part_{p}, {n}) != 0)"

    # places of parts

    @property
    def _slots(self) -> int:
        """Parts of a product: one for each step of an epoch, behind one for no step."""
        return int(self._epoch) + 1

    def _slot(self, p: int) -> int:
        return p * self._slots + 1

    def _pre_slots(self, p: int) -> Sequence[int]:
        return range(p * self._slots + 1, (p + 1) * self._slots)

    def _part(self, p: int) -> str:
        if self._products[p].gate != int(GateKind.PRE):
            return super()._part(p)
        return f"after + ({p * self._slots} + as_i32(now[LAST_PRE_NOW])[i]) * stride"

    def _in_row(self, p: int) -> str:
        return self._in_column(p) if p in self._posts else super()._in_row(p)

    def _in_column(self, p: int) -> str:
        """The presynaptic part in the step of the postsynaptic spike."""
        return f"(before[({p * self._slots} + last_post[j]) * stride + i] if now[{p}] != 0 else 0)"

    def _reaches(self, p: int) -> str:
        return f"now[{p}] != 0" if p in self._posts else super()._reaches(p)

    def _before(self, products: Sequence[int]) -> Iterator[str]:
        yield "    last_post = as_i32(now[LAST_POST_NOW])"
        yield from super()._before(products)
