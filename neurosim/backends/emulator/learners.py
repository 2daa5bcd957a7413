"""What learns in a session: the arrays of traces, tags and random numbers, and the compiled step of each plastic projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator import learn_fixed, learn_float
from neurosim.backends.emulator.given import of_block
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.learn_epochs import EpochWriter
from neurosim.backends.emulator.learn_lines import LineWriter
from neurosim.backends.emulator.learn_normalise import SAMPLE_START
from neurosim.backends.emulator.learn_source import LEARNER, STEP_NUMBERS, Writer, synaptic
from neurosim.backends.emulator.randoms import Randoms, drawn
from neurosim.backends.emulator.rule_layout import FILTER, LATE, RuleLayout, TraceLayout, rule_layouts
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
    """Synapses of a plastic projection with one delay: its rule, its table, and the arrays that the table leads to."""

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
        Projection -> numbers of its blocks of synapses, one for each delay.
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
        self, program: Program, net: KernelArrays, blocks: Mapping[str, Sequence[int]], held: Mapping[str, Any] | None = None
    ) -> None:
        self.layouts = {p.projection.name: p for p in rule_layouts(program)}
        self._program, self._net = program, net
        self._parts = [(layout, at) for name, layout in self.layouts.items() for at in blocks[name]]
        self._integers = isinstance(program, FixedProgram)
        self._type = np.int32 if self._integers else np.float64
        self._first_values = _starts([sum(self._sizes(at)[t.side] for t in p.traces) for p, at in self._parts])
        self.held = dict(held or self._at_rest())
        if held is None:
            self._begin_variables()
            self._filters_at_start()
        first = dict(zip(self.layouts, _starts([len(p.signals) for p in self.layouts.values()]), strict=False))
        self._learners = [self._learner(q, int(first[p.projection.name])) for q, (p, _) in enumerate(self._parts)]
        self._table = np.stack([learner.table for learner in self._learners])
        named = [(p, name) for p in self.layouts.values() for name in p.signals]
        self._sent = [(m, p.projection.post, *p.supplied[name]) for m, (p, name) in enumerate(named) if name in p.supplied]
        self._scales = np.array([(how.scale, how.low) for *_, how in self._sent], np.float64).reshape(-1, 2)
        self._supply = np.zeros((len(self._sent), 3), np.int64)
        self.factors = {(post, sent): np.zeros(program.population(post).n) for _, post, sent, _ in self._sent}
        self._run: tuple[Any, ...] = ()

    # arrays

    def _sizes(self, at: int) -> tuple[int, int]:
        return int(self._net.pre_size[at]), int(self._net.post_size[at])

    def _at_rest(self) -> dict[str, Any]:
        layouts, values = [p for p, _ in self._parts], int(self._first_values[-1])
        size = len(self._net.weight) if any(p.uses_tags for p in layouts) else 1
        if self._integers:
            longest = max(p.projection.rule.epoch for p in layouts)
            return {
                "values": np.zeros(values, np.int32),
                "tag": np.zeros(size, np.int16),
                "aux": np.zeros(size, np.int16),
                "history": np.zeros((longest + 1, values), np.int32),
                "last_pre": np.zeros(sum(self._sizes(at)[0] for _, at in self._parts), np.int32),
                "last_post": np.zeros(sum(self._sizes(at)[1] for _, at in self._parts), np.int32),
                DEEP: np.zeros(len(layouts), np.bool_),
            }
        longest = max(int(self._net.late[at]) + max([0, *(t.lag for t in p.traces)]) for p, at in self._parts)
        most = max(len(p.synaptic) for p in layouts)
        return {
            "values": np.zeros(values),
            "tag": np.zeros(size),
            "aux": np.zeros(size),
            **{own_name(v): np.zeros(len(self._net.weight)) for v in range(len(SYNAPTIC), most)},
            "scale": np.ones((len(layouts), most - 1)),
            "spikes": np.zeros((longest + 1, width(self._program.populations)), np.uint8),
        }

    def forget(self) -> None:
        """Traces, tags and last spikes at the start of a sample."""
        for name, array in self.held.items():
            array[:] = name == "scale"
        self._begin_variables()
        self._filters_at_start()

    def _begin_variables(self) -> None:
        """Give variables with names of their own the values with which they begin."""
        for layout, at in self._parts:
            for v, name in enumerate(layout.synaptic[len(SYNAPTIC) :], len(SYNAPTIC)):
                self.held[own_name(v)][self._block(at)] = layout.projection.rule.variables[name]

    def _block(self, at: int) -> slice:
        """Places of the synapses of a block among all."""
        net, (n_pre, n_post) = self._net, self._sizes(at)
        count = n_pre * n_post if net.first_row[at] < 0 else int(net.row[net.first_row[at] + n_pre])
        return slice(int(net.first_weight[at]), int(net.first_weight[at]) + count)

    def _filters_at_start(self) -> None:
        """Traces of states of the post neurons start at the states' own values at the start."""
        for name, layout in self.layouts.items():
            initial = self._program.population(layout.projection.post).initial
            for trace in layout.traces:
                if trace.mode in (FILTER, LATE):
                    of = layout.states[trace.source]
                    self.set_trace(name, trace.name, initial.get(of.state, 0.0) * of.unit + of.offset)

    # tables

    def _learner(self, q: int, first_signal: int) -> _Learner:
        layout, at = self._parts[q]
        dense, n = bool(self._net.first_row[at] < 0), max(self._sizes(at)) + 8
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
            "TOTALS": np.zeros(n),
            **{name: np.zeros(n, np.int64) for name in ("LINES", "COLUMNS", "REST")},
            **({} if dense else self._by_column(at)),
            **self._own(layout, at),
        }
        variables = [self.held[own_name(v)][self._block(at).start :] for v in range(len(SYNAPTIC), len(layout.synaptic))]
        parameters = [room[f"own {name}"] for name in (*layout.constants, *layout.vectors)]
        room["OWN"] = np.array([address_of(array) for array in (*variables, *parameters)], np.int64)
        given = {
            **self._numbers(layout.projection.post, at, n),
            **self._pointers(q, at),
            **{name: address_of(array) for name, array in room.items() if name in LEARNER},
        }
        table = np.array([given.get(name, 0) for name in LEARNER], np.int64)
        return _Learner(layout, dense, table, room, first_signal)

    def _numbers(self, post: str, at: int, stride: int) -> dict[str, int]:
        net, (n_pre, n_post) = self._net, self._sizes(at)
        return {
            "N_PRE": n_pre,
            "N_POST": n_post,
            "PRE": int(net.pre[at]),
            # Synapses learn from the spikes of the neuron, independent of the receptor at which they end.
            "POST": first_neurons(self._program.populations)[post],
            "SYNAPSES": self._block(at).stop - self._block(at).start,
            "TOTAL": width(self._program.populations),
            "SPIKE_RINGS": len(self.held.get("spikes", ())),
            "HISTORY_WIDTH": int(self._first_values[-1]),
            "STRIDE": stride,
            "LATE": int(net.late[at]),
        }

    def _pointers(self, q: int, at: int) -> dict[str, int]:
        net, held = self._net, self.held
        weight, row, value = int(net.first_weight[at]), max(int(net.first_row[at]), 0), int(self._first_values[q])
        before = [sum(self._sizes(other)[side] for _, other in self._parts[:q]) for side in (0, 1)]
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

    def _own(self, layout: RuleLayout, at: int) -> dict[str, Any]:
        """Parameters that differ between the synapses of a block, or between neurons."""
        found = {}
        for name in (*layout.constants, *layout.vectors):
            values = layout.projection.rule.varied[name]
            found[f"own {name}"] = values.values
            if values.side == "synapse":
                found[f"own {name}"] = of_block(self._net, at, layout.projection.weights, values.values)
        # Kernels read eight numbers at once.
        return {name: np.append(np.asarray(values, np.float64), np.zeros(8)) for name, values in found.items()}

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

    def begin(self, step: int) -> None:
        """Scale the weights of rules that are normalised at the start of a sample, before `step`."""
        spikes = self.held["spikes"]
        for learner, kernels, table in zip(self._learners, self._kernels, self._table, strict=True):
            scaled = learner.layout.projection.rule.normalise
            if scaled is not None and scaled.gate.channel == "sample_start":
                kernels.function("learn")(0, step, SAMPLE_START, address_of(spikes[step % len(spikes)]), address_of(table))

    def variable(self, name: str, chip: str) -> Any:
        """A copy of the trace `chip` of the projection `name`; with several delays, what the first synapse of a neuron sees."""
        places = self._places(name, chip)
        out = np.array(self.held["values"][places[0][1]])
        if len(places) > 1 and not self._trace(name, chip).side:
            first = np.stack([_first_columns(self._net, at) for at, _ in places])
            seen = np.stack([self.held["values"][here] for _, here in places])
            out = np.take_along_axis(seen, first.argmin(axis=0)[None], axis=0)[0]
        return out

    def set_trace(self, name: str, chip: str, values: Any) -> None:
        """Replace the trace `chip` of the projection `name`."""
        for _, here in self._places(name, chip):
            self.held["values"][here] = values

    def scales(self, name: str, which: int) -> list[Any]:
        """Scales of tag (0), aux (1) or another variable of the projection `name`, one for each delay, as views."""
        return [self.held["scale"][q, which : which + 1] for q, (p, _) in enumerate(self._parts) if p.projection.name == name]

    def _trace(self, name: str, chip: str) -> TraceLayout:
        return next(t for t in self.layouts[name].traces if t.name == chip)

    def _places(self, name: str, chip: str) -> list[tuple[int, slice]]:
        """Block of synapses, and place of the trace among all values, for each delay."""
        traces, found = self.layouts[name].traces, []
        r = [t.name for t in traces].index(chip)
        for q, (p, at) in enumerate(self._parts):
            if p.projection.name == name:
                sizes = [self._sizes(at)[t.side] for t in traces]
                first = int(self._first_values[q]) + sum(sizes[:r])
                found.append((at, slice(first, first + sizes[r])))
        return found


def own_name(v: int) -> str:
    """Name of the array that holds the variable number `v` of synapses, where it has a name of its own."""
    return f"own_{v}"


def _starts(counts: Sequence[int]) -> Any:
    """First place of each part in an array of all, and the end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _first_columns(net: KernelArrays, at: int) -> Any:
    """First post neuron of each row of a sparse block; a number beyond all others where there is none."""
    rows = net.row[net.first_row[at] : net.first_row[at] + net.pre_size[at] + 1]
    columns = np.append(net.column[net.first_weight[at] : net.first_weight[at] + rows[-1]], 0)
    return np.where(np.diff(rows) > 0, columns[rows[:-1]], net.post_size[at])
