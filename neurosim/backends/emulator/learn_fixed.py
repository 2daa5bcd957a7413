"""Learning in the chip's integers as text, bit for bit as lava-nc 0.10.0's ``fixed_pt`` ("bit approximate") engine computes it.

At the end of an epoch every product is multiplied in 32 bits, shifted right to 15 bits, shifted left by its exponent, clipped,
and added to the variable, which is held with 7 more bits; then that is rounded at random, with one random number for all
synapses. A synapse that no product reaches stays as it is, so only those of neurons that spiked are visited, and all where a
``u`` product opens. One exception: a tag at -257 leaves the range of the accumulator (-32769...) by itself; it sets
TAG_UNDERFLOW, and all are visited.

Floor of a step: each visited synapse read and written, 2 bytes each, and a cache line for each synapse of a column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from neurosim.backends.emulator.learn_source import VARIABLES, Writer, synaptic
from neurosim.backends.emulator.rule_layout import POST, PRE, SIGNAL, RuleLayout
from neurosim.plasticity.products import GateKind
from neurosim.program.fixed import WEIGHT_RANGE

RANDOMS = ("pre_decay", "pre_impulse", "post_decay", "post_impulse", "post_again", "rounding")
"""Random numbers of a step; see `neurosim.backends.emulator.randoms`."""
SENT_KEPT = math.exp(-1.0 / 65535)
"""Lava's three-factor rule decays what the neuron sends with this time constant."""
_PER_TRACE, _PER_PRODUCT = 3, 4
_LIMITS = ((-257, 255), (0, 255))
"""Of tag and aux."""
_LIBRARY = """
def decayed(value: i32, kept: f64, random: f64) -> i32:
    exact = kept * value
    whole = floor(exact)
    return i32(whole) + i32(random < exact - whole)

def multiply(part: P[i32], n: i64, factor: P[i32], constant: i32):
    for i in range(n):
        part[i] = part[i] * min(max(factor[i] + constant, -128), 127)

def keep(values: P[i32], n: i64, fired: P[u8], kept: f64, random: f64, bump: i32):
    for i in range(n):
        value = decayed(values[i], kept, random)
        values[i] = min(max(value + bump, 0), 127) if fired[i] != 0 else value

def arrive(values: P[i32], n: i64, kept: f64, random: f64, out: P[i32]):
    for i in range(n):
        out[i] = decayed(values[i], kept, random)

def hear(sent: P[i32], n: i64, wide: i64, fired: P[u8], kept: f64, random: f64, out: P[i32]):
    if some(sent, n if wide != 0 else 1) == 0:
        fill(out, n, 0)
    else:
        for j in range(n):
            value = decayed(sent[j * wide], kept, random)
            out[j] = min(max(value, 0), 127) if fired[j] != 0 else value
"""


def numbers(layout: RuleLayout) -> list[float]:
    """The numbers of a rule, which the text refers to by their places."""
    traces = [number for t in layout.traces for number in (t.kept, t.impulse, t.fraction)]
    products = [
        float(number)
        for p, q in zip(layout.projection.rule.products, layout.products, strict=True)
        # The exponent of the string, and the 7 more bits.
        for number in (p.mantissa, min(p.shift, 31), p.exponent + 7, q.period)
    ]
    limits = (WEIGHT_RANGE[layout.projection.mode], *_LIMITS)
    return [*traces, *products, *(float(bound) for pair in limits for bound in pair)]


class FixedWriter(Writer):
    """Products are sums of whole numbers, so that nothing depends on the order of their factors."""

    part_type, stored_type, library = "i32", "i16", _LIBRARY

    def _trace_number(self, r: int, field: int) -> str:
        return f"numbers[{r * _PER_TRACE + field}]"

    def _product_number(self, p: int, field: int) -> str:
        return f"numbers[{len(self._layout.traces) * _PER_TRACE + p * _PER_PRODUCT + field}]"

    def _limit(self, v: int, side: int) -> str:
        return f"i32(numbers[{len(self._layout.traces) * _PER_TRACE + len(self._products) * _PER_PRODUCT + 2 * v + side}])"

    # traces and third factors

    def _follow(self) -> Iterator[str]:
        yield "random = as_f64(table[RANDOM]) + t * table[RANDOM_WIDTH]"
        yield from (f"{name} = random[{k}]" for k, name in enumerate(RANDOMS))
        yield from self._in_step()

    def _in_step(self) -> Iterator[str]:
        """Traces and third factors, then products."""
        for r, trace in enumerate(self._layout.traces):
            n, fired, side = self._side(r)
            given = f"{self._trace_number(r, 0)}, {side}_decay, {self._bump(r, f'{side}_impulse')}"
            yield f"keep(trace_{r}, {n}, {fired}, {given})"
            if trace.sent:
                yield f"sent_{r} = as_i32(table[HISTORY]) + (table[HISTORY_WIDTH] + {self._offset(r)})"
                yield f"arrive(trace_{r}, {n}, {SENT_KEPT!r}, {side}_decay, sent_{r})"
        for m in range(len(self._layout.signals)):
            yield f"signal_{m} = as_i32(table[SIGNALS]) + (t * table[SIGNAL_WIDTH] + as_i64(table[HEARD])[{2 * m}])"
            yield f"heard_{m} = as_i32(table[HEARD_HERE]) + {m} * stride"
            given = f"n_post, as_i64(table[HEARD])[{2 * m + 1}], after, {SENT_KEPT!r}, post_decay"
            yield f"hear(signal_{m}, {given}, heard_{m})"
        yield from ("n_rows = active(before, n_pre, lines)", "n_columns = active(after, n_post, columns)")
        yield from self._phase()

    def _bump(self, r: int, random: str) -> str:
        return f"i32({self._trace_number(r, 1)}) + i32({random} < {self._trace_number(r, 2)})"

    def _side(self, r: int) -> tuple[str, str, str]:
        """Number of neurons, "before" or "after", and "pre" or "post"."""
        return ("n_post", "after", "post") if self._layout.traces[r].side else ("n_pre", "before", "pre")

    # parts of products

    def _phase(self) -> Iterator[str]:
        for p in range(len(self._products)):
            yield from self._parts(p)
        yield "now[UP_ABOVE] = i64(floor(rounding * 128.0))"
        if self._tagged:
            yield from ("deep = as_u8(table[TAG_UNDERFLOW])", "now[BOTTOM] = 0", "visited = 0")
            always = [f"now[{p}] != 0" for p in range(len(self._products))] + ["deep[0] != 0"]
            yield f"if {' or '.join(always)}:"
            yield "    visited = 1"
        yield from self._visits()
        if self._tagged:
            yield from ("if visited != 0:", "    deep[0] = u8(now[BOTTOM] != 0)")

    @property
    def _tagged(self) -> bool:
        """Whether the rule changes tags."""
        return 1 in self._touched(range(len(self._products)))

    def _always(self) -> Iterator[str]:
        if self._tagged:
            yield "deep[0] != 0"

    def _opens(self, p: int) -> str:
        return {
            GateKind.PRE: "n_rows > 0",
            GateKind.POST: "n_columns > 0",
            GateKind.EVERY: f"(k + 1) % i64({self._product_number(p, 3)}) == 0",
        }[GateKind(self._products[p].gate)]

    def _parts(self, p: int) -> Iterator[str]:
        gate = GateKind(self._products[p].gate)
        yield f"now[{p}] = 0"
        yield f"if {self._opens(p)}:"
        yield from self._indented(self._side_of(p, POST, gate is GateKind.POST, gate is GateKind.PRE), 4)
        yield f"    if now[{p}] != 0:"
        yield f"        now[{p}] = 0"
        yield from self._indented(self._side_of(p, PRE, gate is GateKind.PRE, gate is GateKind.POST), 8)

    def _side_of(self, p: int, side: int, is_gated: bool, by_step: bool) -> Iterator[str]:
        """One part of a product; `by_step` concerns only epochs of several steps."""
        n, fired, name = ("n_post", "after", "post") if side == POST else ("n_pre", "before", "pre")
        part = f"{name}_parts + {p} * stride"
        yield f"gated({part}, {n}, {self._size(p, side)}, {fired})" if is_gated else f"fill({part}, {n}, {self._size(p, side)})"
        for kind, which, constant in self._factors(p, side):
            yield f"multiply({part}, {n}, {self._held(kind, which)}, {constant})"
        yield f"now[{p}] = some({part}, {n})"

    def _size(self, p: int, side: int) -> str:
        return f"i32({self._product_number(p, 0)})" if side == POST else "1"

    def _factors(self, p: int, side: int) -> list[tuple[int, int, int]]:
        """Factors of one side; third factors are on that of the post neuron."""
        return [f for f in self._products[p].factors if f[0] == side or (f[0] == SIGNAL and side == POST)]

    def _held(self, kind: int, which: int) -> str:
        if kind == SIGNAL:
            return f"heard_{which}"
        return f"sent_{which}" if self._layout.traces[which].sent else f"trace_{which}"

    # one line of synapses

    def _before(self, products: Sequence[int]) -> Iterator[str]:
        yield "    up_above = i32(now[UP_ABOVE])"
        for v in self._touched(products):
            yield from (f"    low_{v} = {self._limit(v, 0)}", f"    high_{v} = {self._limit(v, 1)}")
        for p in products:
            yield f"    right_{p} = i32({self._product_number(p, 1)}) & 31"
            yield f"    left_{p} = i32({self._product_number(p, 2)}) & 31"
        if 1 in self._touched(products):
            yield "    bottom = i32(0)"

    def _change(self, at: str, products: Sequence[int], sides: Mapping[int, tuple[str, str]]) -> Iterator[str]:
        yield from (f"old_{VARIABLES[v]} = {VARIABLES[v]}[{at}]" for v in self._read(products))
        yield from (f"new_{v} = max(old_{VARIABLES[v]} << 7, -32769)" for v in self._touched(products))
        for p in products:
            line, part = sides[p]
            held = [f"min(max(old_{VARIABLES[which]} + {c}, -512), 511)" for which, c in synaptic(self._products[p])]
            yield f"change_{p} = {' * '.join([line, part, *held])} >> right_{p} << left_{p}"
            new = f"new_{self._products[p].target}"
            yield f"{new} = min(max({new} + min(max(change_{p}, -32769), 32767), -32769), 32767)"
        for v in self._touched(products):
            rounded = f"(new_{v} >> 7) + i32((new_{v} & 127) > up_above)"
            yield f"final_{v} = min(max({rounded}, low_{v}), high_{v})"
            yield f"{VARIABLES[v]}[{at}] = final_{v}"
        if 1 in self._touched(products):
            yield "bottom = bottom | i32(final_1 == -257)"

    def _behind(self, products: Sequence[int]) -> Iterator[str]:
        if 1 in self._touched(products):
            yield "    now[BOTTOM] = now[BOTTOM] + i64(bottom)"
