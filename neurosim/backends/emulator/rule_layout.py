"""The rules of a program's plastic projections as the emulator reads them: traces, products and third factors, by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import UnsupportedError
from neurosim.plasticity.atoms import is_atom, names_in, read_before
from neurosim.plasticity.products import SYNAPTIC, GateKind, Impulse, PostState, StepRule, StepTrace
from neurosim.program.engine_rule import VARIABLES, ChipRule, Sending
from neurosim.program.fixed import FixedProjection
from neurosim.program.signals import Listener
from neurosim.program.step import StepProjection

PRE, POST, SIGNAL, SYNAPSE, PRE_ATOM, POST_ATOM, SYNAPSE_ATOM = range(7)
"""Kinds of factors: a trace of either side, a third factor, a variable of the synapse; an expression of one of the sides, or of
all."""
BEFORE, FILTER, LATE = 3, 4, 5
"""Modes of traces that follow no spikes: another trace without the spikes of the step, a filtered state of the post neuron, and
what such a trace follows, one step late."""
_MODES = {Impulse.ADD: 0, Impulse.OVERWRITE: 1, Impulse.SATURATE: 2}
_ARRAYS = ("weight", "tag", "aux")
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
    source: int = -1
    """Of a trace without spikes: the trace that it is without the spikes of the step, or the signal that it follows."""
    follows: int = -1
    """The trace that a filter or a late state follows, which has the state one step earlier; -1 for the signal itself."""


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
    delayed: bool = False
    """Whether spikes come to the synapses some steps after they are emitted."""
    synaptic: tuple[str, ...] = SYNAPTIC
    """Variables of synapses."""
    constants: tuple[str, ...] = ()
    """Parameters with one value per synapse; as factors, they follow the variables of synapses."""
    vectors: tuple[str, ...] = ()
    """Parameters with one value per neuron; as factors, they follow the traces."""
    atoms: tuple[str, ...] = ()
    """Factors that are expressions."""
    atom_kinds: tuple[int, ...] = ()
    places: Mapping[str, tuple[int, int]] = {}
    """Name -> kind and index, for the expressions."""
    states: Mapping[int, PostState] = {}
    """Signals that are states of the post neurons."""

    @property
    def uses_tags(self) -> bool:
        """Whether tag or aux occur in the rule."""
        read = {which for p in self.products for kind, which, _ in p.factors if kind == SYNAPSE}
        read |= {self.places[name][1] for atom in self.atoms for name in names_in(atom) if self.places[name][0] == SYNAPSE}
        return bool(({p.target for p in self.products} | read) & {1, 2})

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names in the kernels of the arrays with one number per synapse: variables and parameters."""
        every = len(self.synaptic) + len(self.constants)
        return (*_ARRAYS, *(f"array_{v}" for v in range(len(_ARRAYS), every)))


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
    _check_delays(who, projection)
    heard = {t.channel for t in rule.traces if t.side == "post"}
    heard |= {p.gate.channel for p in rule.products if p.gate.kind is GateKind.POST}
    if heard - {"spike"}:
        text = f"the rule reads channel {min(heard - {'spike'})!r}, but the emulator supports only 'spike'; use Brian2."
        raise UnsupportedError(f"{who}: {text}")
    traces = tuple(_trace(t, list(rule.modulators)) for t in rule.traces)
    traces += _before(rule, traces)
    traces = _delayed(traces, {r: t.late for r, t in enumerate(rule.traces) if t.late})
    names = {t.name: (POST if t.side else PRE, r) for r, t in enumerate(traces)}
    names |= {name: (SIGNAL, m) for m, name in enumerate(rule.modulators)}
    constants = tuple(name for name, values in rule.varied.items() if values.side == "synapse")
    variables = (*SYNAPTIC, *rule.variables)
    names |= {name: (SYNAPSE, v) for v, name in enumerate((*variables, *constants))}
    vectors = tuple(name for name in rule.varied if name not in constants)
    sides = {name: PRE if rule.varied[name].side == "pre" else POST for name in vectors}
    names |= {name: (sides[name], len(traces) + c) for c, name in enumerate(vectors)}
    atoms = tuple(dict.fromkeys(f for p in rule.products for f in p.factors if is_atom(f) and f not in names))
    kinds = tuple(_kind(factor, names) for factor in atoms)
    factors = names | {factor: (kind, a) for a, (factor, kind) in enumerate(zip(atoms, kinds, strict=True))}
    products = tuple(
        ProductLayout(variables.index(p.target), int(p.gate.kind), p.gate.period, tuple((*factors[f], 0) for f in p.factors))
        for p in rule.products
    )
    return RuleLayout(
        projection,
        traces,
        products,
        signals=tuple(rule.modulators),
        supplied={name: (sent, Sending(low=-1)) for name, sent in rule.supplied.items()},
        delayed=bool(np.any(projection.delays)),
        synaptic=variables,
        constants=constants,
        vectors=vectors,
        atoms=atoms,
        atom_kinds=kinds,
        places=names,
        states={m: rule.states[name] for m, name in enumerate(rule.modulators) if name in rule.states},
    )


def _check_delays(who: str, projection: StepProjection) -> None:
    if projection.graded and np.any(projection.delays):
        raise UnsupportedError(
            f"{who}: plastic synapses with a delay transmit no payloads; leave out graded=True, the delay or the rule."
        )
    rule = projection.rule
    assert rule is not None
    if len(np.unique(projection.delays)) < 2 or not (rule.normalise or rule.states):
        return
    what = "reads no states of the post neurons" if rule.states else "does not normalise the weights"
    raise UnsupportedError(
        f"{who}: the emulator {what} of synapses with several delays; give all of them one delay, or use Brian2."
    )


def _delayed(traces: tuple[TraceLayout, ...], late: Mapping[int, int]) -> tuple[TraceLayout, ...]:
    """The traces, of which some follow their states a number of steps late: a chain of traces, each a step behind the next."""
    made = list(traces)
    for r, steps in late.items():
        first = len(made)
        made[r] = traces[r]._replace(follows=first)
        links = [(f"{traces[r].name} {steps - k} steps ago", first + k + 1 if k + 1 < steps else -1) for k in range(steps)]
        made += [TraceLayout(name, 1, 0, LATE, 0.0, 0.0, source=traces[r].source, follows=link) for name, link in links]
    return tuple(made)


def _trace(trace: StepTrace, signals: list[str]) -> TraceLayout:
    mode, source = (FILTER, signals.index(trace.of)) if trace.of else (_MODES[trace.mode], -1)
    lag = int(trace.channel == "arrival")
    return TraceLayout(trace.name, trace.side == "post", lag, mode, trace.kept, trace.impulse, source=source)


def _before(rule: StepRule, traces: Sequence[TraceLayout]) -> tuple[TraceLayout, ...]:
    """The traces that factors read from before the spikes of the step."""
    read = {name for p in rule.products for factor in p.factors if is_atom(factor) for name in read_before(factor)}
    found = [(r, trace) for r, trace in enumerate(traces) if trace.name in read]
    return tuple(TraceLayout(f"before({t.name})", t.side, 0, BEFORE, t.kept, 0.0, source=r) for r, t in found)


def _kind(factor: str, places: Mapping[str, tuple[int, int]]) -> int:
    """Whether an expression can be computed per neuron of one side."""
    read = {places[name][0] for name in names_in(factor)}
    if read == {PRE}:
        return PRE_ATOM
    return POST_ATOM if read <= {POST, SIGNAL} else SYNAPSE_ATOM


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
