"""The rules of a program's plastic projections as the emulator reads them: traces, products and third factors, by number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import SYNAPTIC, GateKind, Impulse, StepRule
from neurosim.program.engine_rule import VARIABLES, ChipRule, Sending
from neurosim.program.fixed import FixedProjection
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
    delayed: bool = False
    """Whether spikes come to the synapses some steps after they are emitted."""
    synaptic: tuple[str, ...] = SYNAPTIC
    """Variables of synapses."""
    constants: tuple[str, ...] = ()
    """Parameters with one value per synapse; as factors, they follow the variables of synapses."""
    vectors: tuple[str, ...] = ()
    """Parameters with one value per neuron; as factors, they follow the traces."""

    @property
    def uses_tags(self) -> bool:
        """Whether tag or aux occur in the rule."""
        read = {which for p in self.products for kind, which, _ in p.factors if kind == SYNAPSE}
        return bool(({p.target for p in self.products} | read) & {1, 2})


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
    traces = tuple(
        TraceLayout(t.name, t.side == "post", int(t.channel == "arrival"), _MODES[t.mode], t.kept, t.impulse)
        for t in rule.traces
    )
    names = {t.name: (POST if t.side else PRE, r) for r, t in enumerate(traces)}
    names |= {name: (SIGNAL, m) for m, name in enumerate(rule.modulators)}
    constants = tuple(name for name, values in rule.varied.items() if values.side == "synapse")
    variables = (*SYNAPTIC, *rule.variables)
    names |= {name: (SYNAPSE, v) for v, name in enumerate((*variables, *constants))}
    vectors = tuple(name for name in rule.varied if name not in constants)
    sides = {name: PRE if rule.varied[name].side == "pre" else POST for name in vectors}
    names |= {name: (sides[name], len(traces) + c) for c, name in enumerate(vectors)}
    products = tuple(
        ProductLayout(variables.index(p.target), int(p.gate.kind), p.gate.period, tuple((*names[f], 0) for f in p.factors))
        for p in rule.products
    )
    supplied = {name: (sent, Sending(low=-1)) for name, sent in rule.supplied.items()}
    delayed = bool(np.any(projection.delays))
    return RuleLayout(
        projection, traces, products, tuple(rule.modulators), supplied, delayed, variables, constants, vectors
    )  # fmt: skip


def _check_delays(who: str, projection: StepProjection) -> None:
    if projection.graded and np.any(projection.delays):
        raise UnsupportedError(
            f"{who}: plastic synapses with a delay transmit no payloads; leave out graded=True, the delay or the rule."
        )
    rule = projection.rule
    if rule is not None and rule.normalise is not None and len(np.unique(projection.delays)) > 1:
        raise UnsupportedError(
            f"{who}: the emulator does not normalise the weights of synapses with several delays; give all of them one "
            "delay, or use Brian2."
        )


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
