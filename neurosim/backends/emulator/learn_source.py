"""The learning step of one plastic projection as the text of a kernel, written from the products of its rule.

Each product is a presynaptic part times a postsynaptic part times synaptic variables. The two parts are vectors, computed once
per step; then only synapses of neurons that spiked are visited: the rows of pre neurons, and in the other rows the columns of
post neurons. Where a product opens without a spike, all rows are visited.

`Writer` has what float and the integers of a chip share; PART stands for the type of parts, W for that of synaptic variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from neurosim.backends.emulator.delivery_source import ACTIVE
from neurosim.backends.emulator.rule_layout import SYNAPSE, ProductLayout, RuleLayout
from neurosim.plasticity.products import GateKind

LEARNER: Sequence[str] = (
    # numbers
    "N_PRE", "N_POST", "PRE", "POST", "SYNAPSES", "TOTAL", "SPIKE_RINGS", "SIGNAL_WIDTH", "RANDOM_WIDTH", "HISTORY_WIDTH",
    "STRIDE",
    # pointers
    "WEIGHT", "TAG", "AUX", "VALUES", "SCALE", "HISTORY", "LAST_PRE", "LAST_POST", "TAG_UNDERFLOW", "SPIKES", "NUMBERS",
    "ROW", "COLUMN", "COLUMN_START", "ENTRY", "SIGNALS", "HEARD", "RANDOM",
    # room
    "PRE_PARTS", "POST_PARTS", "NOW", "LINES", "COLUMNS", "REST", "WANTED", "HEARD_HERE", "REST_PARTS", "CHANGE",
    "TOTALS", "LATE", "OWN",
)  # fmt: skip
"""Places in the table of a learning projection.

PRE and POST are first lanes. HEARD holds for each third factor its first column among the signals, and whether each neuron has
its own. COLUMN_START and ENTRY list the synapses of a sparse projection by post neuron, each as its place in its row and
its pre neuron. NOW holds what a step opens, a number for each product, and the `STEP_NUMBERS`. OWN lists the addresses of a
rule's own arrays: those of synapses, then those of neurons.
"""
VARIABLES = ("weight", "tag", "aux")
STEP_NUMBERS = ("STRIDE_NOW", "UP_ABOVE", "BOTTOM", "LAST_PRE_NOW", "LAST_POST_NOW")
"""Numbers behind those of the products: entries between two parts; on a chip the number for rounding, whether a tag is at the
bottom, and where LAST_PRE and LAST_POST are."""
_POINTERS = {
    **dict.fromkeys(VARIABLES, "W"),
    **dict.fromkeys(("pre_parts", "post_parts"), "PART"),
    **dict.fromkeys(("now", "lines", "columns", "rest"), "i64"),
    "numbers": "f64",
    "wanted": "u8",
}
GATED = (int(GateKind.PRE), int(GateKind.POST))
VISITS = """
def places(flags: P[u8], n: i64, index: P[i64]) -> i64:
    count = 0
    for i in range(n):
        index[count] = i
        count += i64(flags[i] != 0)
    return count

def some(part: P[PART], n: i64) -> i64:
    found = 0
    for i in range(n):
        found += i64(part[i] != 0)
    return i64(found != 0)

def fill(part: P[PART], n: i64, size: PART):
    for i in range(n):
        part[i] = size

def gated(part: P[PART], n: i64, size: PART, fired: P[u8]):
    for i in range(n):
        part[i] = size * fired[i]
"""


class Writer:
    """Text of the kernel of one projection.

    Parameters
    ----------
    layout : RuleLayout
        The rule.
    dense : bool
        Whether the projection has all synapses.
    """

    part_type, stored_type, library = "", "", ""
    came = ("before", "u8")
    """Array that says which pre neurons spiked, and the type of its numbers."""

    def __init__(self, layout: RuleLayout, dense: bool) -> None:
        self._layout, self._products, self._dense = layout, layout.products, dense
        self._gated = [p for p, product in enumerate(self._products) if product.gate in GATED]
        self._posts = [p for p, product in enumerate(self._products) if product.gate == int(GateKind.POST)]

    @property
    def _arrays(self) -> tuple[str, ...]:
        """Arrays with one number per synapse: variables and parameters."""
        return self._layout.arrays

    def source(self) -> str:
        """The text; `learn` is the function to call."""
        own = "" if self._dense else ", first: i64, last: i64, column: P[i32]"
        body = list(self._visit(range(len(self._products)), f"def visit_row(i: i64, n: i64{own}, {self._given()}):"))
        if len(self._gated) < len(self._products):
            body += self._visit(self._gated, f"def visit_spike(i: i64, n: i64{own}, {self._given()}):")
        if self._posts:
            body += [*self._wants(), *self._columns()]
        text = "\n".join([ACTIVE, VISITS, self.library, *body, "", *self._learn(), ""])
        return re.sub(r"(?<![A-Z])PART\b", self.part_type, re.sub(r"(?<=P\[)W\b|(?<=as_)W\b", self.stored_type, text))

    # one line of synapses

    def _given(self) -> str:
        arrays = "".join(f"{name}: P[W], " for name in self._arrays)
        return f"{arrays}before: P[PART], after: P[PART], now: P[i64], numbers: P[f64]"

    def _touched(self, products: Sequence[int]) -> list[int]:
        """Variables that the products change."""
        return sorted({self._products[p].target for p in products})

    def _read(self, products: Sequence[int]) -> list[int]:
        """Variables that the products change or read."""
        return sorted({*self._touched(products), *(which for p in products for which, _ in synaptic(self._products[p]))})

    def _visit(self, products: Sequence[int], head: str) -> Iterator[str]:
        """A row of a matrix: in `n` columns, or from `first` to `last`."""
        yield from ("", head, "    stride = now[STRIDE_NOW]", *self._before(products))
        yield from (f"    own_{p} = {self._own(p)}" for p in products)
        yield from (f"    part_{p} = {self._part(p)}" for p in products)
        yield "    for s in range(n):" if self._dense else "    for s in range(first, last):"
        yield f"        j = {'s' if self._dense else 'i64(column[s])'}"
        yield from self._indented(self._change("s", products, {p: (self._in_row(p), f"part_{p}[j]") for p in products}), 8)
        yield from self._behind(products)

    def _own(self, p: int) -> str:
        """The presynaptic part of a product in row `i`."""
        return f"before[{self._slot(p)} * stride + i] if now[{p}] != 0 else {self.zero}"

    def _part(self, p: int) -> str:
        """Its postsynaptic parts."""
        return f"after + {self._slot(p)} * stride"

    def _in_row(self, p: int) -> str:
        """The presynaptic part that a synapse of a row meets."""
        return f"own_{p}"

    def _in_column(self, p: int) -> str:
        """The same in a column."""
        return f"before[{self._slot(p)} * stride + i]"

    def _slot(self, p: int) -> int:
        """Place of a product's part among all."""
        return p

    def _pre_slots(self, p: int) -> Sequence[int]:
        """Places of its presynaptic parts."""
        return [p]

    def _columns(self) -> Iterator[str]:
        """Synapses of post neurons that spiked: of a dense matrix those of row `i`, of a sparse one those of column `j`."""
        if self._dense:
            yield from self._listed("visit_columns", self._posts)
            return
        own = "entry: P[i32], wanted: P[u8], found: P[i64]"
        yield f"\ndef visit_column(j: i64, n: i64, row: P[i64], {own}, {self._given()}):"
        # Without a branch, which would be mispredicted.
        yield from ("    count = 0", "    for e in range(n):", "        found[count] = e")
        yield "        count += i64(wanted[entry[2 * e + 1]] != 0)"
        yield from ("    stride = now[STRIDE_NOW]", *self._before(self._posts), "    for c in range(count):")
        yield from ("        i = i64(entry[2 * found[c] + 1])", "        s = row[i] + entry[2 * found[c]]")
        yield from self._indented(self._met(self._posts), 8)
        yield from self._behind(self._posts)

    def _listed(self, name: str, products: Sequence[int]) -> Iterator[str]:
        """Synapses of row `i` of a dense matrix in some columns."""
        yield f"\ndef {name}(i: i64, count: i64, columns: P[i64], {self._given()}):"
        yield from ("    stride = now[STRIDE_NOW]", *self._before(products))
        yield from ("    for c in range(count):", "        j = columns[c]", "        s = j")
        yield from self._indented(self._met(products), 8)
        yield from self._behind(products)

    def _met(self, products: Sequence[int]) -> Iterator[str]:
        """The change of synapse `s` of a column."""
        yield from (f"there_{p} = {self._there(p)}" for p in products)
        yield from self._change("s", products, {p: (f"there_{p}", self._in_column(p)) for p in products})

    def _there(self, p: int) -> str:
        """The postsynaptic part of a product in column `j`."""
        return f"after[{self._slot(p)} * stride + j] if now[{p}] != 0 else {self.zero}"

    def _wants(self) -> Iterator[str]:
        """Rows that columns visit, and columns that a product reaches."""
        opened = " or ".join(
            f"(now[{p}] != 0 and before[{k} * stride + i] != 0)" for p in self._posts for k in self._pre_slots(p)
        )
        reached = " or ".join(f"(now[{p}] != 0 and after[{self._slot(p)} * stride + j] != 0)" for p in self._posts)
        yield f"""
def want(n: i64, before: P[PART], stride: i64, now: P[i64], came: P[{self.came[1]}], wanted: P[u8]):
    for i in range(n):
        wanted[i] = u8(came[i] == 0 and ({opened}))

def reach(n: i64, after: P[PART], stride: i64, now: P[i64], columns: P[i64]) -> i64:
    count = 0
    for c in range(n):
        j = columns[c]
        columns[count] = j
        count += i64({reached})
    return count"""

    # the function that is called

    def _learn(self) -> Iterator[str]:
        yield "def learn(t: i64, k: i64, phase: i64, fired: P[u8], table: P[i64]):"
        for name in ("n_pre", "n_post"):
            yield f"    {name} = table[{name.upper()}]"
        yield from (f"    before = {self._came()}", "    after = fired + table[POST]")
        for name, kind in _POINTERS.items():
            yield f"    {name} = as_{kind}(table[{name.upper()}])"
        if not self._dense:
            yield from ("    row = as_i64(table[ROW])", "    column = as_i32(table[COLUMN])")
            yield from ("    starts = as_i64(table[COLUMN_START])", "    entry = as_i32(table[ENTRY])")
        yield from ("    stride = table[STRIDE]", "    now[STRIDE_NOW] = stride")
        for r in range(len(self._layout.traces)):
            yield f"    trace_{r} = as_PART(table[VALUES]) + ({self._offset(r)})"
        traces = len(self._layout.traces)
        own = [*self._arrays[len(VARIABLES) :], *(f"trace_{traces + c}" for c in range(len(self._layout.vectors)))]
        yield from (f"    {name} = as_PART(as_i64(table[OWN])[{k}])" for k, name in enumerate(own))
        yield from self._indented(self._follow(), 4)

    def _came(self, lag: int = 0) -> str:
        """The pre neurons whose spikes come to the synapses, `lag` steps later than usual."""
        if not (lag or self._layout.delayed):
            return "fired + table[PRE]"
        back = [*(["table[LATE]"] if self._layout.delayed else []), *([str(lag)] if lag else [])]
        steps = " - ".join(["k + table[SPIKE_RINGS]", *back])
        return f"as_u8(table[SPIKES]) + ((({steps}) % table[SPIKE_RINGS]) * table[TOTAL] + table[PRE])"

    def _offset(self, r: int) -> str:
        """First value of a trace of this projection."""
        sides = [t.side for t in self._layout.traces[:r]]
        return f"{sides.count(0)} * n_pre + {sides.count(1)} * n_post"

    def _visits(self) -> Iterator[str]:
        """Which synapses the open products visit."""
        everywhere = [*(f"now[{p}] != 0" for p in range(len(self._products)) if p not in self._gated), *self._always()]
        if everywhere:
            yield f"if {' or '.join(everywhere)}:"
            yield from self._indented(self._rows("range(n_pre)", "q", "visit_row"), 4)
        if self._gated:
            deep = 4 if everywhere else 0
            yield from ["else:"] if everywhere else []
            yield from self._indented(self._after_spikes(), deep)

    def _after_spikes(self) -> Iterator[str]:
        """Visits of the rows, and of the columns, of spikes."""
        yield f"if {' or '.join(f'now[{p}] != 0' for p in self._gated)}:"
        yield from self._indented(self._gated_rows(), 4)
        if self._posts:
            yield f"if {' or '.join(f'now[{p}] != 0' for p in self._posts)}:"
            yield from self._indented(self._by_columns(), 4)

    def _rows(self, rows: str, at: str, visit: str) -> Iterator[str]:
        """Visits of rows that some product reaches."""
        products = self._gated if visit == "visit_spike" else range(len(self._products))
        yield f"for q in {rows}:"
        yield f"    i = {at}"
        always = self._always() if visit == "visit_row" else ()
        yield f"    if {' or '.join([*(self._reaches(p) for p in products), *always])}:"
        where = "i * n_post" if self._dense else "0"
        ends = "" if self._dense else ", row[i], row[i + 1], column"
        arrays = ", ".join(f"{name} + {where}" for name in self._arrays)
        yield f"        {visit}(i, n_post{ends}, {arrays}, pre_parts, post_parts, now, numbers{self._passed()})"

    def _gated_rows(self) -> Iterator[str]:
        """Visits of the rows of spikes."""
        visit = "visit_row" if len(self._gated) == len(self._products) else "visit_spike"
        yield from self._rows("range(n_rows)", "lines[q]", visit)

    def _reaches(self, p: int) -> str:
        return f"(now[{p}] != 0 and pre_parts[{self._slot(p)} * stride + i] != 0)"

    def _by_columns(self) -> Iterator[str]:
        given = f"pre_parts, post_parts, now, numbers{self._passed()}"
        yield "n_columns = reach(n_columns, post_parts, stride, now, columns)"
        yield f"want(n_pre, pre_parts, stride, now, {self.came[0]}, wanted)"
        if self._dense:
            yield "n_rest = places(wanted, n_pre, rest)"
            yield "for q in range(n_rest):"
            arrays = ", ".join(f"{name} + rest[q] * n_post" for name in self._arrays)
            yield f"    visit_columns(rest[q], n_columns, columns, {arrays}, {given})"
        else:
            yield "for c in range(n_columns):"
            yield "    j = columns[c]"
            own = "row, entry + 2 * starts[j], wanted, rest"
            yield f"    visit_column(j, starts[j + 1] - starts[j], {own}, {', '.join(self._arrays)}, {given})"

    def _passed(self) -> str:
        """What visits are given in addition."""
        return ""

    def _opens(self, p: int) -> str:
        """When the gate of a product opens."""
        raise NotImplementedError

    def _follow(self) -> Iterator[str]:
        """Traces, parts and visits."""
        raise NotImplementedError

    def _change(self, at: str, products: Sequence[int], sides: Mapping[int, tuple[str, str]]) -> Iterator[str]:
        """What the products do to one synapse; `sides` are their parts: of the line, and of the synapse."""
        raise NotImplementedError

    zero = "0"

    def _before(self, products: Sequence[int]) -> Iterator[str]:
        """Numbers that a line needs."""
        yield from ()

    def _behind(self, products: Sequence[int]) -> Iterator[str]:
        """What follows the loop over a line."""
        yield from ()

    def _always(self) -> Iterator[str]:
        """Other reasons to visit all synapses."""
        yield from ()

    @staticmethod
    def _indented(lines: Iterable[str], by: int) -> Iterator[str]:
        yield from (" " * by + line for line in lines)


def synaptic(product: ProductLayout) -> list[tuple[int, int]]:
    """Synaptic variables that are factors, each with the constant added to it."""
    return [(which, constant) for kind, which, constant in product.factors if kind == SYNAPSE]
