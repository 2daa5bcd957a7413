"""Conversion of the plastic projections of a program to the flat arrays of the learning kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.modulator_codes import supply_kind
from neurosim.backends.emulator.plastic_arrays import FixedPlasticity, FloatPlasticity, Places, Rules, Scratch, Supplies
from neurosim.backends.emulator.randoms import Randoms, drawn
from neurosim.backends.emulator.to_arrays import Program, first_neurons, width
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import SYNAPTIC, GateKind, Impulse, StepRule
from neurosim.program.engine_rule import VARIABLES, ChipRule, Sending
from neurosim.program.fixed import WEIGHT_RANGE, FixedProjection
from neurosim.program.signals import Listener
from neurosim.program.step import StepProjection

PRE, POST, SIGNAL, SYNAPSE = range(4)
_MODES = {Impulse.ADD: 0, Impulse.OVERWRITE: 1, Impulse.SATURATE: 2}
_CHIP_GATES = {"x0": GateKind.PRE, "y0": GateKind.POST, "u": GateKind.EVERY}
_CHIP_VARIABLES = tuple(VARIABLES[name] for name in SYNAPTIC)


class TraceLayout(NamedTuple):
    """A trace of a projection; `fraction` (in units of 1/256) and `sent` are used only on the chip."""

    name: str
    side: int
    lag: int
    mode: int
    kept: float
    impulse: float
    fraction: int = 0
    sent: bool = False


class ProductLayout(NamedTuple):
    """A product; factors are (kind, index of the trace, signal or variable within the projection, constant added to it)."""

    target: int
    gate: int
    period: int
    factors: tuple[tuple[int, int, int], ...]


class RuleLayout(NamedTuple):
    """Traces, products and signals of one plastic projection, as the kernels need them."""

    projection: Any
    traces: tuple[TraceLayout, ...]
    products: tuple[ProductLayout, ...]
    signals: tuple[str, ...]
    """Names of the modulators; for a rule of the chip, the slots in which they are sent."""
    supplied: Mapping[str, tuple[str, Sending]]
    """Signal that the post neurons supply during the run -> third factor that they send, and its encoding."""

    @property
    def uses_tags(self) -> bool:
        """Whether tag or aux occur in the rule."""
        read = {which for p in self.products for kind, which, _ in p.factors if kind == SYNAPSE}
        return bool(({p.target for p in self.products} | read) - {0})

    @property
    def plain(self) -> int:
        """The variable (0 w, 2 aux) to which all changes at spikes on the chip are added without reading w, tag, aux; or -1."""
        waiting = [p for p in self.products if p.gate in (GateKind.PRE, GateKind.POST)]
        reads = any(kind == SYNAPSE for p in waiting for kind, _, _ in p.factors)
        targets = {p.target for p in waiting} or {0}
        return -1 if reads or self.projection.rule.epoch > 1 or len(targets) > 1 or targets == {1} else targets.pop()


def rule_layouts(program: Program) -> list[RuleLayout]:
    """One layout per plastic projection, in the program's order.

    Raises
    ------
    UnsupportedError
        If the emulator cannot run a rule; the message names the reason.
    """
    return [rule_layout(p.rule, p) for p in program.projections if p.rule is not None]


@singledispatch
def rule_layout(rule: Any, projection: Any) -> RuleLayout:
    """The layout of one projection."""
    raise TypeError(type(rule))


@rule_layout.register
def _(rule: StepRule, projection: StepProjection) -> RuleLayout:
    who = f"Projection {projection.name!r}, rule {rule.name!r}"
    if np.any(projection.delays):
        raise UnsupportedError(f"{who}: plastic synapses with a delay run only in Brian2; leave the delay out, or use Brian2.")
    heard = {t.channel for t in rule.traces if t.side == "post"}
    heard |= {p.gate.channel for p in rule.products if p.gate.kind is GateKind.POST}
    if heard - {"spike"}:
        text = f"the rule reads channel {min(heard - {'spike'})!r}, but the emulator supports only 'spike'; use Brian2."
        raise UnsupportedError(f"{who}: {text}")
    traces = tuple(
        TraceLayout(t.name, t.side == "post", int(t.channel == "arrival"), _MODES[t.mode], t.kept, t.impulse) for t in
        rule.traces
    )
    names = {t.name: (POST if t.side else PRE, r) for r, t in enumerate(traces)}
    names |= {name: (SIGNAL, m) for m, name in enumerate(rule.modulators)}
    names |= {name: (SYNAPSE, v) for v, name in enumerate(SYNAPTIC)}
    products = tuple(
        ProductLayout(SYNAPTIC.index(p.target), int(p.gate.kind), p.gate.period, tuple((*names[f], 0) for f in p.factors))
        for p in rule.products
    )
    supplied = {name: (sent, Sending(low=-1)) for name, sent in rule.supplied.items()}
    return RuleLayout(projection, traces, products, tuple(rule.modulators), supplied)


@rule_layout.register
def _(rule: ChipRule, projection: FixedProjection) -> RuleLayout:
    who = f"Projection {projection.name!r}"
    if np.any(projection.delays):
        raise UnsupportedError(f"{who}: plastic synapses on Loihi have no delay; leave the delay out.")
    if rule.three_factor and rule.epoch > 1:
        raise UnsupportedError(f"{who}: a three-factor rule with an epoch of {rule.epoch} steps; expected an epoch of 1.")
    traces = tuple(
        TraceLayout(
            name, name.startswith("y"), 0, 0, float(np.exp(-1 / t.tau)) if t.tau else 0.0,
            int(np.floor(t.impulse)), int(np.round((t.impulse - np.floor(t.impulse)) * 256)),
            rule.three_factor and name.startswith("y"),
        )
        for name, t in rule.traces.items()
    )  # fmt: skip
    names = {t.name: (POST if t.side else PRE, r) for r, t in enumerate(traces)}
    names |= {slot: (SIGNAL, m) for m, slot in enumerate(rule.sent)}
    names |= {name: (SYNAPSE, v) for v, name in enumerate(_CHIP_VARIABLES)}
    products = tuple(
        ProductLayout(
            _CHIP_VARIABLES.index(p.target), int(_CHIP_GATES[p.gate]), 1 << rule.decimation,
            tuple((*names[name], constant) for name, constant in p.factors),
        )
        for p in rule.products
    )  # fmt: skip
    ours = {slot: name for slot, name in rule.sent.items() if name in rule.supplied}
    supplied = {slot: (rule.supplied[name], rule.sending.get(slot, Sending())) for slot, name in ours.items()}
    return RuleLayout(projection, traces, products, tuple(rule.sent), supplied)


def listeners(program: Program) -> list[Listener]:
    """Plastic projections, with the third factors that the user of a run has to give."""
    size = {p.name: p.n for p in program.populations}
    return [Listener(p.projection.name, size[p.projection.post], _modulators(p)) for p in rule_layouts(program)]


def _modulators(layout: RuleLayout) -> Mapping[str, float]:
    rule = layout.projection.rule
    if isinstance(rule, StepRule):
        return {name: peak for name, peak in rule.modulators.items() if name not in rule.supplied}
    # Values above the peak for which the rule was scaled are clipped when they are encoded.
    return {name: np.inf for name in rule.sent.values() if name not in rule.supplied}


def float_learning(program: Program, net: KernelArrays, blocks: Mapping[str, int], signals: Sequence[int]) -> FloatPlasticity:
    """Arrays for learning in float; `blocks` has the packed index of each projection, `signals` the width of each signal."""
    found = rule_layouts(program)
    rules = [p.projection.rule for p in found]
    size = len(net.weight) if any(p.uses_tags for p in found) else 1
    longest = max([0, *(t.lag for p in found for t in p.traces)])
    return FloatPlasticity(
        places=_places(program, found, net, blocks),
        rules=_rules(found, net, blocks, signals, np.float64),
        supplies=_supplies(program, found),
        scratch=_scratch(found, net, blocks, np.float64, 2),
        reads=_reads(found),
        used=_used(found),
        coefficient=np.array([p.coefficient for rule in rules for p in rule.products], np.float64),
        low=np.array([rule.bounds[0] for rule in rules]),
        high=np.array([rule.bounds[1] for rule in rules]),
        kept=np.array([[rule.kept.get(name, 1.0) for name in SYNAPTIC[1:]] for rule in rules]).reshape(-1, 2),
        values=np.zeros(_values(found, net, blocks)),
        tag=np.zeros(size),
        aux=np.zeros(size),
        scale=np.ones((len(found), 2)),
        spikes=np.zeros((longest + 1, width(program.populations)), np.uint8),
        signals=np.zeros((0, 0)),
    )


def fixed_learning(program: Program, net: KernelArrays, blocks: Mapping[str, int], signals: Sequence[int]) -> FixedPlasticity:
    """Arrays for learning in integers; parameters as for `float_learning`."""
    found = rule_layouts(program)
    rules = [p.projection.rule for p in found]
    chip = [product for rule in rules for product in rule.products]
    epochs = np.array([rule.epoch for rule in rules], np.int64)
    places = _places(program, found, net, blocks)
    size = len(net.weight) if any(p.uses_tags for p in found) else 1
    longest = int(max(epochs, default=1))
    count = len(found)
    traces = [t for p in found for t in p.traces]
    limits = [WEIGHT_RANGE[p.projection.mode] for p in found]
    return FixedPlasticity(
        places=places,
        rules=_rules(found, net, blocks, signals, np.int64),
        supplies=_supplies(program, found),
        scratch=_scratch(found, net, blocks, np.int32, longest + 1),
        mantissa=np.array([p.mantissa for p in chip], np.int32),
        shift=np.array([min(p.shift, 31) for p in chip], np.int32),
        exponent=np.array([p.exponent + 7 for p in chip], np.int32),
        reads=_reads(found),
        used=_used(found),
        plain=np.where(places.first_row < 0, np.array([p.plain for p in found], np.int64), -1),
        change=np.zeros((3, max((size for pair in _sizes(found, net, blocks) for size in pair), default=1)), np.int16),
        low=np.array([(low, -257, 0) for low, _ in limits], np.int32).reshape(-1, 3),
        high=np.array([(high, 255, 255) for _, high in limits], np.int32).reshape(-1, 3),
        fraction=np.array([t.fraction for t in traces], np.int64),
        sent=np.array([t.sent for t in traces], np.bool_),
        epoch=epochs,
        values=np.zeros(_values(found, net, blocks), np.int32),
        history=np.zeros((longest + 1, _values(found, net, blocks)), np.int32),
        last_pre=np.zeros(int(places.n_pre.sum()), np.int32),
        last_post=np.zeros(int(places.n_post.sum()), np.int32),
        first_pre=_starts(places.n_pre)[:-1],
        first_post=_starts(places.n_post)[:-1],
        tag_underflow=np.zeros(count, np.bool_),
        tag=np.zeros(size, np.int16),
        aux=np.zeros(size, np.int16),
        signals=np.zeros((0, 0), np.int32),
        **drawn([Randoms(rule.seed, rule.epoch) for rule in rules], 0, 0),
    )


def _starts(sizes: Any) -> Any:
    """First index of each of several parts, and the end of the last."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _sizes(found: Sequence[RuleLayout], net: KernelArrays, blocks: Mapping[str, int]) -> list[tuple[int, int]]:
    return [(int(net.pre_size[blocks[p.projection.name]]), int(net.post_size[blocks[p.projection.name]])) for p in found]


def _values(found: Sequence[RuleLayout], net: KernelArrays, blocks: Mapping[str, int]) -> int:
    sizes = _sizes(found, net, blocks)
    return sum(sizes[q][t.side] for q, p in enumerate(found) for t in p.traces)


def _places(program: Program, found: Sequence[RuleLayout], net: KernelArrays, blocks: Mapping[str, int]) -> Places:
    neurons = first_neurons(program.populations)
    at = np.array([blocks[p.projection.name] for p in found], np.int64)
    columns = [_columns(p, net, blocks) for p in found]
    lengths = [0 if c is None else len(c[0]) for c in columns]
    entries = [0 if c is None else len(c[1]) for c in columns]
    starts = [c[0] + before for c, before in zip(columns, _starts(entries)[:-1], strict=True) if c is not None]
    firsts = [-1 if c is None else int(first) for c, first in zip(columns, _starts(lengths)[:-1], strict=True)]
    sparse_ones = [c for c in columns if c is not None]
    return Places(
        pre=net.pre[at],
        n_pre=net.pre_size[at],
        # Synapses learn from the spikes of the neuron, independent of the receptor at which they end.
        post=np.array([neurons[p.projection.post] for p in found], np.int64),
        n_post=net.post_size[at],
        first_weight=net.first_weight[at],
        first_row=net.first_row[at],
        first_column=np.array(firsts, np.int64),
        column_start=_joined(starts),
        column_place=_joined([c[1] for c in sparse_ones]),
        column_pre=_joined([c[2] for c in sparse_ones]).astype(np.int32),
    )


def _joined(parts: Sequence[Any]) -> Any:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _columns(layout: RuleLayout, net: KernelArrays, blocks: Mapping[str, int]) -> tuple[Any, Any, Any] | None:
    """Columns of a sparse projection by post neuron: starts, places of the synapses, and their pre neurons."""
    at = blocks[layout.projection.name]
    if net.first_row[at] < 0:
        return None
    n_pre, n_post = int(net.pre_size[at]), int(net.post_size[at])
    rows = net.row[net.first_row[at] : net.first_row[at] + n_pre + 1]
    first = int(net.first_weight[at])
    columns = net.column[first : first + int(rows[-1])]
    by_row = sparse.csr_array((np.arange(1, len(columns) + 1), columns, rows), shape=(n_pre, n_post))
    by_column = by_row.tocsc()
    return by_column.indptr.astype(np.int64), by_column.data - 1, by_column.indices


def _rules(
    found: Sequence[RuleLayout], net: KernelArrays, blocks: Mapping[str, int], wide: Sequence[int], impulses: type
) -> Rules:
    sizes = _sizes(found, net, blocks)
    traces = [(q, t) for q, p in enumerate(found) for t in p.traces]
    products = [(q, product) for q, p in enumerate(found) for product in p.products]
    first_trace = _starts([len(p.traces) for p in found])
    first_signal = _starts([len(p.signals) for p in found])
    offset = {PRE: first_trace, POST: first_trace, SIGNAL: first_signal, SYNAPSE: np.zeros(len(found) + 1, np.int64)}
    factors = [(kind, offset[kind][q] + which, added) for q, product in products for kind, which, added in product.factors]
    return Rules(
        first_trace=first_trace,
        first_product=_starts([len(p.products) for p in found]),
        first_signal=first_signal,
        side=np.array([t.side for _, t in traces], np.int64),
        first_value=_starts([sizes[q][t.side] for q, t in traces])[:-1],
        lag=np.array([t.lag for _, t in traces], np.int64),
        mode=np.array([t.mode for _, t in traces], np.int64),
        kept=np.array([t.kept for _, t in traces], np.float64),
        impulse=np.array([t.impulse for _, t in traces], impulses),
        target=np.array([p.target for _, p in products], np.int64),
        gate=np.array([p.gate for _, p in products], np.int64),
        period=np.array([p.period for _, p in products], np.int64),
        first_factor=_starts([len(p.factors) for _, p in products]),
        kind=np.array([kind for kind, _, _ in factors], np.int64),
        which=np.array([which for _, which, _ in factors], np.int64),
        constant=np.array([constant for _, _, constant in factors], np.int32),
        signal_column=_starts(wide)[:-1],
        signal_wide=np.array([w > 1 for w in wide], np.int64),
    )


def _supplies(program: Program, found: Sequence[RuleLayout]) -> Supplies:
    neurons, size = first_neurons(program.populations), {p.name: p.n for p in program.populations}
    named = [(p, name) for p in found for name in p.signals]
    mine = [(p.projection.post, m, *p.supplied[name]) for m, (p, name) in enumerate(named) if name in p.supplied]
    rows = [(neurons[post], size[post], m, supply_kind(sent)) for post, m, sent, _ in mine]
    return Supplies(
        table=np.array(rows, np.int64).reshape(-1, 4),
        scale=np.array([how.scale for *_, how in mine], np.float64),
        floor=np.array([how.low for *_, how in mine], np.float64),
    )


def _scratch(found: Sequence[RuleLayout], net: KernelArrays, blocks: Mapping[str, int], dtype: Any, steps: int) -> Scratch:
    n = max((size for pair in _sizes(found, net, blocks) for size in pair), default=1)
    products = max((len(p.products) for p in found), default=1)
    signals = sum(len(p.signals) for p in found)
    return Scratch(
        parts=np.zeros((products, 3, steps, n), dtype),
        open=np.zeros(products, np.bool_),
        lines=np.zeros(2 * n, np.int64),
        wanted=np.zeros(n, np.uint8),
        rest=np.zeros(n, np.int64),
        held=np.zeros((3, n), dtype),
        sums=np.zeros((3, n), dtype),
        term=np.zeros(n, dtype),
        place=np.zeros(n, np.int64),
        other=np.zeros(n, np.int32),
        signal=np.zeros((max(1, signals), n), np.int32),
        reads=np.zeros(3, np.bool_),
        used=np.zeros(3, np.bool_),
    )


def _used(found: Sequence[RuleLayout]) -> Any:
    """Whether each rule changes w, tag, aux: (projections, 3)."""
    return np.array([[any(q.target == v for q in p.products) for v in range(3)] for p in found], np.bool_).reshape(-1, 3)


def _reads(found: Sequence[RuleLayout]) -> Any:
    """Whether w, tag, aux are factors in each rule: (projections, 3)."""
    factors = [[(kind, which) for product in p.products for kind, which, _ in product.factors] for p in found]
    return np.array([[(SYNAPSE, v) in mine for v in range(3)] for mine in factors], np.bool_).reshape(-1, 3)
