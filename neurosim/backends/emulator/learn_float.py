"""Learning in float as text: the meaning of a step as `neurosim.plasticity.rule` defines it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from neurosim.backends.emulator.learn_atoms import LIBRARY, synapse_pointers, synapse_text, vector_call, vector_functions
from neurosim.backends.emulator.learn_normalise import normalise_source, normalised
from neurosim.backends.emulator.learn_source import VARIABLES, Writer, synaptic
from neurosim.backends.emulator.rule_layout import (
    BEFORE,
    FILTER,
    LATE,
    POST,
    POST_ATOM,
    PRE,
    PRE_ATOM,
    SIGNAL,
    SYNAPSE,
    SYNAPSE_ATOM,
    RuleLayout,
)
from neurosim.plasticity.atoms import names_in
from neurosim.plasticity.products import GateKind

_PER_TRACE, _PER_PRODUCT = 2, 2
_FOLLOW = ("follow", "follow_last", "follow_up")
"""By mode of a trace: spikes add up, the last one counts, or they add up to 1."""
_FILTER = """
def filter_state(trace: P[f64], n: i64, state: P[f64], kept: f64):
    for i in range(n):
        trace[i] = trace[i] * kept + state[i] * (1.0 - kept)
"""
_TAKE = """
def take(late: P[f64], n: i64, state: P[f64]):
    for i in range(n):
        late[i] = state[i]
"""
_DESCRIBE = """
def describe(state: P[f64], n: i64, unit: P[f64], offset: P[f64]):
    for i in range(n):
        state[i] = state[i] * unit[i] + offset[i]
"""
_KEEP = """
def keep(before: P[f64], n: i64, trace: P[f64], kept: f64):
    for i in range(n):
        before[i] = trace[i] * kept
"""
_LIBRARY = """
def follow(trace: P[f64], n: i64, fired: P[u8], kept: f64, impulse: f64):
    for i in range(n):
        trace[i] = trace[i] * kept + fired[i] * impulse

def follow_last(trace: P[f64], n: i64, fired: P[u8], kept: f64, impulse: f64):
    for i in range(n):
        trace[i] = impulse if fired[i] != 0 else trace[i] * kept

def follow_up(trace: P[f64], n: i64, fired: P[u8], kept: f64, impulse: f64):
    for i in range(n):
        left = trace[i] * kept
        trace[i] = left + fired[i] * impulse * (1.0 - left)

def fade(variable: P[f64], n: i64, scale: P[f64], kept: f64):
    scale[0] = scale[0] * kept
    if scale[0] < 1e-100:
        for s in range(n):
            variable[s] = variable[s] * scale[0]
        scale[0] = 1.0

def multiply(part: P[f64], n: i64, factor: P[f64]):
    for i in range(n):
        part[i] = part[i] * factor[i]
"""


def numbers(layout: RuleLayout) -> list[float]:
    """The numbers of a rule, which the text refers to by their places."""
    rule = layout.projection.rule
    traces = [number for t in layout.traces for number in (t.kept, t.impulse)]
    products = [
        number for p, q in zip(rule.products, layout.products, strict=True) for number in (p.coefficient, float(q.period))
    ]
    scaled = [] if rule.normalise is None else [float(rule.normalise.gate.period), rule.normalise.to]
    kept = [rule.kept.get(name, 1.0) for name in layout.synaptic[1:]]
    states = [number for of in layout.states.values() for array in (of.unit, of.offset) for number in array]
    return [*traces, *products, *rule.bounds, *kept[: len(VARIABLES) - 1], *scaled, *kept[len(VARIABLES) - 1 :], *states]


class FloatWriter(Writer):
    """A tag is its stored value times a scale, so that the decay of all tags costs one multiplication."""

    part_type, stored_type, zero = "f64", "f64", "0.0"

    def __init__(self, layout: RuleLayout, dense: bool) -> None:
        super().__init__(layout, dense)
        self._shared = synapse_pointers(layout)
        modes = {t.mode for t in layout.traces}
        keep = (_KEEP if BEFORE in modes else "") + (_FILTER if FILTER in modes else "") + (_TAKE if LATE in modes else "")
        keep += _DESCRIBE if layout.states else ""
        scaled = layout.projection.rule.normalise
        keep += "" if scaled is None else normalise_source(scaled, dense)
        atoms = "\n".join([LIBRARY, *vector_functions(layout), ""]) if layout.atoms else ""
        self.library = _LIBRARY + keep + atoms

    def _given(self) -> str:
        return super()._given() + "".join(f", {name}: {kind}" for name, kind in self._shared)

    def _passed(self) -> str:
        return "".join(f", {name}" for name, _ in self._shared)

    def _read(self, products: Sequence[int]) -> list[int]:
        atoms = {which for p in products for kind, which, _ in self._products[p].factors if kind == SYNAPSE_ATOM}
        names = {name for a in atoms for name in names_in(self._layout.atoms[a])}
        places = (self._layout.places[name] for name in names)
        return sorted({*super()._read(products), *(v for kind, v in places if kind == SYNAPSE)})

    def _trace_number(self, r: int, field: int) -> str:
        return f"numbers[{r * _PER_TRACE + field}]"

    def _product_number(self, p: int, field: int) -> str:
        return f"numbers[{len(self._layout.traces) * _PER_TRACE + p * _PER_PRODUCT + field}]"

    def _last_number(self, k: int) -> str:
        """`k`: 0 and 1 the bounds, 2 and 3 what remains of tag and aux; see `numbers` for what follows."""
        return f"numbers[{len(self._layout.traces) * _PER_TRACE + len(self._products) * _PER_PRODUCT + k}]"

    def _follow(self) -> Iterator[str]:
        scaled = self._layout.projection.rule.normalise
        if scaled is None:
            yield from self._step()
        else:
            yield from normalised(self._step(), scaled, self._dense, map(self._last_number, (0, 1, 4, 5)))

    def _step(self) -> Iterator[str]:
        yield "scale = as_f64(table[SCALE])"
        if self._layout.states:
            yield from self._signals()
            yield from ("if phase == 0:", *(f"    {line}" for line in self._describe()))
        if passing := list(self._pass()):
            yield from ("if phase == 0:", *(f"    {line}" for line in passing))
        yield from ("n_rows = active(before, n_pre, lines)", "n_columns = active(after, n_post, columns)")
        if not self._layout.states:
            yield from self._signals()
        for p in range(len(self._products)):
            yield from self._parts(p)
        yield from self._visits()

    def _signals(self) -> Iterator[str]:
        for m in range(len(self._layout.signals)):
            yield f"wide_{m} = as_i64(table[HEARD])[{2 * m + 1}]"
            yield f"signal_{m} = as_f64(table[SIGNALS]) + (t * table[SIGNAL_WIDTH] + as_i64(table[HEARD])[{2 * m}])"

    def _describe(self) -> Iterator[str]:
        """States of the post neurons in the unit in which the rule reads them."""
        first = len(self._layout.traces) * _PER_TRACE + len(self._products) * _PER_PRODUCT + self._numbers_of_synapses
        for q, m in enumerate(self._layout.states):
            unit, offset = (f"numbers + ({first} + {2 * q + k} * n_post)" for k in (0, 1))
            yield f"describe(signal_{m}, n_post, {unit}, {offset})"

    def _pass(self) -> Iterator[str]:
        """What passes from step to step: traces, and tags that decay; a rule may have neither."""
        for r, trace in enumerate(self._layout.traces):
            if trace.mode == BEFORE:
                n = "n_post" if trace.side else "n_pre"
                yield f"keep(trace_{r}, {n}, trace_{trace.source}, {self._trace_number(trace.source, 0)})"
        for r, trace in enumerate(self._layout.traces):
            read = f"trace_{trace.follows}" if trace.follows >= 0 else f"signal_{trace.source}"
            if trace.mode == FILTER:
                yield f"filter_state(trace_{r}, n_post, {read}, {self._trace_number(r, 0)})"
            if trace.mode == LATE:
                yield f"take(trace_{r}, n_post, {read})"
            if trace.mode in (BEFORE, FILTER, LATE):
                continue
            n, fired = ("n_post", "after") if trace.side else ("n_pre", "before")
            if trace.lag:
                fired = self._came(trace.lag)
            given = f"{self._trace_number(r, 0)}, {self._trace_number(r, 1)}"
            yield f"{_FOLLOW[trace.mode]}(trace_{r}, {n}, {fired}, {given})"
        for v, name in enumerate(self._arrays[1 : len(self._layout.synaptic)], 1):
            if v in self._read(range(len(self._products))):
                yield f"if {self._kept(v)} != 1.0:"
                yield f"    fade({name}, table[SYNAPSES], scale + {v - 1}, {self._kept(v)})"

    @property
    def _numbers_of_synapses(self) -> int:
        """Number of bounds, of what remains of variables, and of numbers of a normalisation."""
        return 1 + len(self._layout.synaptic) + (2 if self._layout.projection.rule.normalise else 0)

    def _kept(self, v: int) -> str:
        """What remains of a variable in a step."""
        if v < len(VARIABLES):
            return self._last_number(1 + v)
        return self._last_number((6 if self._layout.projection.rule.normalise else 4) + v - len(VARIABLES))

    def _opens(self, p: int) -> str:
        gate = GateKind(self._products[p].gate)
        return {
            GateKind.PRE: "phase == 0 and n_rows > 0",
            GateKind.POST: "phase == 0 and n_columns > 0",
            GateKind.EVERY: f"phase == 0 and (k + 1) % i64({self._product_number(p, 1)}) == 0",
            GateKind.PHASE: "phase != 0",
        }[gate]

    def _parts(self, p: int) -> Iterator[str]:
        """Both parts of a product, and whether they open it."""
        product, pre, post = self._products[p], f"pre_parts + {p} * stride", f"post_parts + {p} * stride"
        signals = [which for kind, which, _ in product.factors if kind == SIGNAL]
        yield f"now[{p}] = 0"
        yield f"if {self._opens(p)}:"
        yield f"    size_{p} = {self._product_number(p, 0)} * {self._scaled(p)}"
        yield from (f"    size_{p} = size_{p} * signal_{m}[0] if wide_{m} == 0 else size_{p}" for m in signals)
        yield f"    if size_{p} != 0.0:"
        yield f"        {_started(post, 'n_post', f'size_{p}', 'after', product.gate == int(GateKind.POST))}"
        for kind, which, _ in product.factors:
            if kind == POST:
                yield f"        multiply({post}, n_post, trace_{which})"
            if kind == SIGNAL:
                yield from (f"        if wide_{which} != 0:", f"            multiply({post}, n_post, signal_{which})")
            if kind == POST_ATOM:
                yield f"        {vector_call(self._layout, which, post, 'n_post')}"
        yield f"        if some({post}, n_post) != 0:"
        yield f"            {_started(pre, 'n_pre', '1.0', 'before', product.gate == int(GateKind.PRE))}"
        yield from (f"            multiply({pre}, n_pre, trace_{which})" for kind, which, _ in product.factors if kind == PRE)
        atoms = [which for kind, which, _ in product.factors if kind == PRE_ATOM]
        yield from (f"            {vector_call(self._layout, a, pre, 'n_pre')}" for a in atoms)
        yield f"            now[{p}] = some({pre}, n_pre)"

    def _scaled(self, p: int) -> str:
        """What the stored tags of a product have to be multiplied by."""
        product = self._products[p]
        first = f"1.0 / scale[{product.target - 1}]" if product.target else "1.0"
        decaying = range(1, len(self._layout.synaptic))
        return f"({' * '.join([first, *(f'scale[{which - 1}]' for which, _ in synaptic(product) if which in decaying)])})"

    def _before(self, products: Sequence[int]) -> Iterator[str]:
        if 0 in self._touched(products):
            yield from (f"    low = {self._last_number(0)}", f"    high = {self._last_number(1)}")

    def _change(self, at: str, products: Sequence[int], sides: Mapping[int, tuple[str, str]]) -> Iterator[str]:
        arrays = self._arrays
        yield from (f"old_{arrays[v]} = {arrays[v]}[{at}]" for v in self._read(products))
        yield from (f"new_{arrays[v]} = old_{arrays[v]}" for v in self._touched(products))
        for p in products:
            (line, part), new = sides[p], f"new_{arrays[self._products[p].target]}"
            own = [f"old_{arrays[which]}" for which, _ in synaptic(self._products[p])]
            own += [synapse_text(self._layout, a) for kind, a, _ in self._products[p].factors if kind == SYNAPSE_ATOM]
            term = " * ".join([part, *own])
            yield f"{new} = {new} + {line} * ({term}) if {line} != 0.0 else {new}"
        for v in self._touched(products):
            new = f"new_{arrays[v]}"
            # In this order NaN stays NaN.
            yield f"{arrays[v]}[{at}] = {f'min(high, max(low, {new}))' if v == 0 else new}"


def _started(part: str, n: str, size: str, fired: str, is_gated: bool) -> str:
    return f"gated({part}, {n}, {size}, {fired})" if is_gated else f"fill({part}, {n}, {size})"
