"""What learns in a session: the arrays of traces, tags and random numbers, and the compiled step of each plastic projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator import learn_fixed, learn_float
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.learn_epochs import EpochWriter
from neurosim.backends.emulator.learn_lines import LineWriter
from neurosim.backends.emulator.learn_source import LEARNER, STEP_NUMBERS, Writer, synaptic
from neurosim.backends.emulator.randoms import Randoms, drawn
from neurosim.backends.emulator.rule_layout import FILTER, LATE, RuleLayout, rule_layouts
from neurosim.backends.emulator.to_arrays import Program, first_neurons, width
from neurosim.compiler import Kernels, compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.plasticity.products import SYNAPTIC, GateKind
from neurosim.program.fixed import FixedProgram

DEEP = "deep"
"""The array of the projections with a tag at the one value that Lava's accumulator cannot represent; see `learn_fixed`."""


def rule_kernel(layout: RuleLayout, dense: bool, integers: bool) -> Kernels:
    """The compiled step of a rule; `learn` is the function to call."""
    writer = _writer(layout, dense) if integers else learn_float.FloatWriter
    places = {name: k for k, name in enumerate(LEARNER)}
    behind = {name: len(layout.products) + k for k, name in enumerate(STEP_NUMBERS)}
    return compile_kernels(writer(layout, dense).source(), ["learn"], {**places, **behind})


def _writer(layout: RuleLayout, dense: bool) -> type[Writer]:
    """The writer of a rule in integers."""
    if layout.projection.rule.epoch > 1:
        return EpochWriter
    waiting = [p for p in layout.products if p.gate == int(GateKind.POST)]
    one = len({p.target for p in waiting}) == 1 and waiting[0].target != SYNAPTIC.index("tag")
    return LineWriter if dense and one and not any(map(synaptic, waiting)) else learn_fixed.FixedWriter


@dataclass(frozen=True)
class _Learner:
    """A plastic projection: its rule, its table, and the arrays that the table leads to."""

    layout: RuleLayout
    dense: bool
    table: Any
    room: Mapping[str, Any]
    first_signal: int


class Learners:
    """The plastic projections of a program.

    Parameters
    ----------
    net : KernelArrays
        The synapses of the program.
    blocks : mapping
        Projection -> number of its block of synapses.
    held : mapping, optional
        State to go on with, of a program with the same traces; at rest if left out.

    Attributes
    ----------
    held : dict
        Arrays that are part of the state, by the names that they have in checkpoints.
    factors : dict
        (population, third factor) -> array (n,) to which its neurons write what they send.
    """

    def __init__(
        self, program: Program, net: KernelArrays, blocks: Mapping[str, int], held: Mapping[str, Any] | None = None
    ) -> None:
        self.layouts = {p.projection.name: p for p in rule_layouts(program)}
        self._program, self._net, self._blocks = program, net, blocks
        self._integers = isinstance(program, FixedProgram)
        self._type = np.int32 if self._integers else np.float64
        self._first_values = self._starts(lambda p: sum(self._sizes(p)[t.side] for t in p.traces))
        self.held = dict(held or self._at_rest())
        if held is None:
            self._filters_at_rest()
        first = self._starts(lambda p: len(p.signals))
        self._learners = [self._learner(q, p, int(first[q])) for q, p in enumerate(self.layouts.values())]
        self._table = np.stack([learner.table for learner in self._learners])
        named = [(p, name) for p in self.layouts.values() for name in p.signals]
        self._sent = [(m, p.projection.post, *p.supplied[name]) for m, (p, name) in enumerate(named) if name in p.supplied]
        self._scales = np.array([(how.scale, how.low) for *_, how in self._sent], np.float64).reshape(-1, 2)
        self._supply = np.zeros((len(self._sent), 3), np.int64)
        self.factors = {(post, sent): np.zeros(program.population(post).n) for _, post, sent, _ in self._sent}
        self._run: tuple[Any, ...] = ()

    # arrays

    def _sizes(self, layout: RuleLayout) -> tuple[int, int]:
        at = self._blocks[layout.projection.name]
        return int(self._net.pre_size[at]), int(self._net.post_size[at])

    def _starts(self, count: Any) -> Any:
        """First place of each projection in an array of all, and the end."""
        return np.concatenate([[0], np.cumsum([count(p) for p in self.layouts.values()])]).astype(np.int64)

    def _at_rest(self) -> dict[str, Any]:
        layouts, values = list(self.layouts.values()), int(self._first_values[-1])
        size = len(self._net.weight) if any(p.uses_tags for p in layouts) else 1
        if self._integers:
            longest = max(p.projection.rule.epoch for p in layouts)
            return {
                "values": np.zeros(values, np.int32),
                "tag": np.zeros(size, np.int16),
                "aux": np.zeros(size, np.int16),
                "history": np.zeros((longest + 1, values), np.int32),
                "last_pre": np.zeros(sum(self._sizes(p)[0] for p in layouts), np.int32),
                "last_post": np.zeros(sum(self._sizes(p)[1] for p in layouts), np.int32),
                DEEP: np.zeros(len(layouts), np.bool_),
            }
        longest = max([0, *(t.lag for p in layouts for t in p.traces)])
        return {
            "values": np.zeros(values),
            "tag": np.zeros(size),
            "aux": np.zeros(size),
            "scale": np.ones((len(layouts), 2)),
            "spikes": np.zeros((longest + 1, width(self._program.populations)), np.uint8),
        }

    def forget(self) -> None:
        """Traces, tags and last spikes at the start of a sample."""
        for name, array in self.held.items():
            array[:] = name == "scale"
        self._filters_at_rest()

    def _filters_at_rest(self) -> None:
        """Traces of states of the post neurons start at the states' values at rest."""
        for name, layout in self.layouts.items():
            for trace in layout.traces:
                if trace.mode in (FILTER, LATE):
                    self.set_trace(name, trace.name, layout.states[trace.source].offset)

    # tables

    def _learner(self, q: int, layout: RuleLayout, first_signal: int) -> _Learner:
        net, at = self._net, self._blocks[layout.projection.name]
        dense, n = bool(net.first_row[at] < 0), max(self._sizes(layout)) + 8
        numbers = (learn_fixed if self._integers else learn_float).numbers(layout)
        parts = (len(layout.products) * ((layout.projection.rule.epoch + 1) if self._integers else 1), n)
        room = {
            "NUMBERS": np.array(numbers, np.float64),
            "HEARD": np.zeros((len(layout.signals), 2), np.int64),
            "PRE_PARTS": np.zeros(parts, self._type),
            "POST_PARTS": np.zeros(parts, self._type),
            "NOW": np.zeros(len(layout.products) + len(STEP_NUMBERS), np.int64),
            "HEARD_HERE": np.zeros((max(1, len(layout.signals)), n), np.int32),
            "WANTED": np.zeros(n, np.uint8),
            "REST_PARTS": np.zeros(parts, self._type),
            "CHANGE": np.zeros((3, n), np.int32),
            **{name: np.zeros(n, np.int64) for name in ("LINES", "COLUMNS", "REST")},
            **({} if dense else self._by_column(at)),
        }
        given = {
            **self._numbers(layout, at, n),
            **self._pointers(q, at),
            **{name: address_of(array) for name, array in room.items()},
        }
        table = np.array([given.get(name, 0) for name in LEARNER], np.int64)
        return _Learner(layout, dense, table, room, first_signal)

    def _numbers(self, layout: RuleLayout, at: int, stride: int) -> dict[str, int]:
        net, (n_pre, n_post) = self._net, self._sizes(layout)
        return {
            "N_PRE": n_pre,
            "N_POST": n_post,
            "PRE": int(net.pre[at]),
            # Synapses learn from the spikes of the neuron, independent of the receptor at which they end.
            "POST": first_neurons(self._program.populations)[layout.projection.post],
            "SYNAPSES": n_pre * n_post if net.first_row[at] < 0 else int(net.row[net.first_row[at] + n_pre]),
            "TOTAL": width(self._program.populations),
            "SPIKE_RINGS": len(self.held.get("spikes", ())),
            "HISTORY_WIDTH": int(self._first_values[-1]),
            "STRIDE": stride,
        }

    def _pointers(self, q: int, at: int) -> dict[str, int]:
        net, held, layouts = self._net, self.held, list(self.layouts.values())[:q]
        weight, row, value = int(net.first_weight[at]), max(int(net.first_row[at]), 0), int(self._first_values[q])
        before = [sum(self._sizes(p)[side] for p in layouts) for side in (0, 1)]
        found = {
            "WEIGHT": address_of(net.weight[weight:]),
            "COLUMN": address_of(net.column[weight:]),
            "ROW": address_of(net.row[row:]),
            "VALUES": address_of(held["values"][value:]),
            **{name.upper(): address_of(held[name][weight if held[name].size > 1 else 0 :]) for name in SYNAPTIC[1:]},
        }
        if self._integers:
            places = {"LAST_PRE": before[0], "LAST_POST": before[1]}
            lasts = {name: address_of(held[name.lower()][first:]) for name, first in places.items()}
            history = {"HISTORY": address_of(held["history"][:, value:]), "TAG_UNDERFLOW": address_of(held[DEEP][q:])}
            return {**found, **lasts, **history}
        return {**found, "SCALE": address_of(held["scale"][q]), "SPIKES": address_of(held["spikes"])}

    def _by_column(self, at: int) -> dict[str, Any]:
        """Synapses of a sparse projection by post neuron."""
        net = self._net
        n_pre, n_post = int(net.pre_size[at]), int(net.post_size[at])
        rows = net.row[net.first_row[at] : net.first_row[at] + n_pre + 1]
        first = int(net.first_weight[at])
        columns = net.column[first : first + int(rows[-1])]
        places = sparse.csr_array((np.arange(1, len(columns) + 1), columns, rows), shape=(n_pre, n_post)).tocsc()
        entries = np.stack([places.data - 1 - rows[places.indices], places.indices], axis=1).astype(np.int32)
        return {"COLUMN_START": places.indptr.astype(np.int64), "ENTRY": entries}

    # runs

    def arm(self, signals: Any, columns: Sequence[int], wide: Sequence[bool], randoms: Sequence[Randoms], counted: int) -> None:
        """Set third factors (steps, columns) and random numbers for the steps of a run."""
        table = np.ascontiguousarray(signals, self._type)
        random = drawn(randoms, counted, len(table)) if self._integers else {}
        numbers = np.stack([random[name] for name in learn_fixed.RANDOMS], axis=2) if random else np.zeros((1, 1, 1))
        self._run = table, np.ascontiguousarray(numbers, np.float64)
        for q, learner in enumerate(self._learners):
            here = slice(learner.first_signal, learner.first_signal + len(learner.layout.signals))
            learner.room["HEARD"][:, 0], learner.room["HEARD"][:, 1] = columns[here], wide[here]
            given = {
                "SIGNALS": address_of(self._run[0]),
                "SIGNAL_WIDTH": table.shape[1],
                "RANDOM": address_of(self._run[1]) + (q * self._run[1].strides[1] if self._integers else 0),
                "RANDOM_WIDTH": self._run[1].shape[1] * self._run[1].shape[2],
            }
            for name, number in given.items():
                self._table[q, LEARNER.index(name)] = number
        for row, (m, post, sent, _) in zip(self._supply, self._sent, strict=True):
            factor = self.factors[post, sent]
            row[:] = address_of(factor), len(factor), columns[m]

    @cached_property
    def _kernels(self) -> list[Kernels]:
        """Compiled when the first step is run."""
        return [rule_kernel(learner.layout, learner.dense, self._integers) for learner in self._learners]

    @cached_property
    def _addresses(self) -> Any:
        return np.array([kernels.address("learn") for kernels in self._kernels], np.int64)

    @property
    def numbers(self) -> dict[str, int]:
        """What the step loop has to know."""
        rings = self.held.get("spikes", np.zeros((0, 0)))
        return {
            "SUPPLIES": len(self._sent),
            "SUPPLY": address_of(self._supply),
            "SUPPLY_SCALE": address_of(self._scales),
            "LEARNERS": len(self._learners),
            "LEARNER_WIDTH": len(LEARNER),
            "LEARN": address_of(self._addresses),
            "LEARNER": address_of(self._table),
            "SPIKE_RINGS": len(rings),
            "SPIKES": address_of(rings),
            "SIGNAL_WIDTH": self.signals.shape[1],
            "SIGNALS": address_of(self.signals),
        }

    @property
    def signals(self) -> Any:
        """Third factors of the run, (steps, columns), with those that neurons sent."""
        return self._run[0]

    def end(self, step: int, signals: Any, columns: Sequence[int], wide: Sequence[bool]) -> None:
        """Apply the updates at the end of a sample; `signals` are those of its last step, (1, columns)."""
        self.arm(signals, columns, wide, (), step)
        spikes = self.held["spikes"]
        for kernels, table in zip(self._kernels, self._table, strict=True):
            learn = kernels.function("learn")
            learn(0, step, 1, address_of(spikes[step % len(spikes)]), address_of(table))

    def variable(self, name: str, chip: str) -> Any:
        """A copy of the trace `chip` of the projection `name`."""
        return np.array(self.held["values"][self._place(name, chip)])

    def set_trace(self, name: str, chip: str, values: Any) -> None:
        """Replace the trace `chip` of the projection `name`."""
        self.held["values"][self._place(name, chip)] = values

    def _place(self, name: str, chip: str) -> slice:
        layout, q = self.layouts[name], list(self.layouts).index(name)
        r = [t.name for t in layout.traces].index(chip)
        sizes = [self._sizes(layout)[t.side] for t in layout.traces]
        first = int(self._first_values[q]) + sum(sizes[:r])
        return slice(first, first + sizes[r])
