"""Conversion of a rule in difference equations to a learning rule of Lava's ``floating_pt``, constant by constant.

Lava reads a synaptic variable before it decays and adds all changes at once, while a step rule of neurosim lets it decay first.
A product that reads ``tag`` is therefore multiplied by the fraction that remains, and the decay becomes another product,
``-(1 - kept) * tag`` in every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product as cartesian
from typing import NoReturn

import numpy as np

from neurosim.backends.lava.plastic import SYNAPTIC_VARS, LavaRule, Sent, check_form
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import (
    SYNAPTIC,
    Gate,
    GateKind,
    Impulse,
    Product,
    StepRule,
    StepTrace,
    as_described,
    simulated_only,
    spiking,
    without_equal,
)
from neurosim.program.engine_rule import X_TRACES, Y_TRACES
from neurosim.program.fixed import SignMode
from neurosim.program.step import StepProjection

MODULE = "processes.exact_rule"
GONE_AT_ONCE = 1e-3
"""Time constant in steps of a trace that decays completely in each step: exp(-1/0.001) is 0 in float64. With a time constant of
0, Lava would compute NaN."""
SIGN_MODES: Mapping[tuple[float, float], SignMode] = {
    (-np.inf, np.inf): SignMode.MIXED,
    (0.0, np.inf): SignMode.EXCITATORY,
    (-np.inf, 0.0): SignMode.INHIBITORY,
}
"""Bounds of weights that Lava's floating_pt supports -> sign mode."""
GATES = {GateKind.PRE: "x0", GateKind.POST: "y0"}


@dataclass(frozen=True)
class _Refusal:
    """Function that raises UnsupportedError with the reason why Lava cannot run the rule of `projection`."""

    projection: str
    rule: str

    def __call__(self, reason: str) -> NoReturn:
        raise UnsupportedError(f"Projection {self.projection!r}, rule {self.rule!r} in Lava's floating_pt: {reason}")


def float_learning(projection: StepProjection) -> LavaRule:
    """The learning rule of `projection` in Lava; UnsupportedError if Lava cannot run it."""
    assert projection.rule is not None
    rule = _leaving(without_equal(projection.rule))
    check_form(projection)
    refuse = _Refusal(projection.name, rule.name)
    _check(rule, refuse)
    names = _names(rule, refuse)
    decimation = _decimation(rule, refuse)
    products = [*map(lambda p: _undecayed(p, rule.kept), rule.products), *_decays(rule.kept)]
    by_target = {t: [p for p in products if p.target == t] for t in dict.fromkeys(p.target for p in products)}
    texts = {f"d{names[t]}": " + ".join(_term(p, names, decimation) for p in ps) for t, ps in by_target.items()}
    constants = {f"d{names[t]}": [float(p.coefficient) for p in ps] for t, ps in by_target.items()}
    three_factor = bool(rule.modulators)
    return LavaRule(
        name="Exact3FLearningRule" if three_factor else "Exact2FLearningRule",
        module=MODULE,
        options={"constants": constants, **texts, **_trace_options(rule, names, three_factor), "t_epoch": 1},
        sign_mode=SIGN_MODES[rule.bounds],
        sent=_sent(rule, names) if three_factor else {},
        variables={name: SYNAPTIC_VARS.get(chip, chip) for name, chip in names.items() if name not in rule.modulators},
    )


def _leaving(rule: StepRule) -> StepRule:
    """The rule with traces of emitted spikes in place of traces of arrivals: (x - the spikes of this step) / kept."""
    arriving = [t for t in rule.traces if t.channel == "arrival" and t.mode is Impulse.ADD and t.kept > 0]
    now = {t.name: f"{t.name}_now" for t in arriving}
    traces = [replace(t, channel="spike") if t in arriving else t for t in rule.traces]
    traces += [replace(t, name=now[t.name], channel="spike", kept=0.0) for t in arriving]
    products = []
    for p in spiking(rule).products if now else rule.products:
        for chosen in cartesian(*(((n, 1.0), (now[n], -1.0)) if n in now else ((n, 1.0),) for n in p.factors)):
            coefficient = float(np.prod([p.coefficient, *(sign for _, sign in chosen)]))
            products.append(replace(p, coefficient=coefficient, factors=tuple(n for n, _ in chosen)))
    return replace(rule, traces=tuple(traces), products=tuple(products))


def _check(rule: StepRule, refuse: _Refusal) -> None:
    if rule.bounds not in SIGN_MODES:
        refuse(
            f"its weights are bounded to {rule.bounds}, but Lava's floating_pt supports no bound except 0. Use soft bounds, "
            "such as a factor (w_max - w), or fixed_pt, or the emulator."
        )
    for name in rule.variables:
        refuse(f"it has the variable {name!r}; in Lava, a synapse has w, tag and aux. Use 'tag' for it, or the emulator.")
    for name in rule.varied:
        refuse(f"its parameter {name!r} differs between synapses; in Lava, a rule has one constant for all. Use the emulator.")
    if rule.normalise is not None:
        over = rule.normalise.over
        refuse(f"it normalises the weights of each {over} neuron; in Lava, no synapse knows their sum. Use the emulator.")
    for problem in simulated_only(as_described(rule)):
        refuse(problem)
    for gate in (p.gate for p in rule.products):
        if gate.kind is GateKind.PHASE:
            refuse(f"it has an update {gate}; Lava supports only steps and spikes. Use every=... instead, or the emulator.")
        if gate.kind is not GateKind.EVERY and gate.channel != "spike":
            refuse(f"it has an update {gate}; Lava's neurons have no channel {gate.channel!r}, only spikes. Use the emulator.")
    for trace in rule.traces:
        if trace.channel != "spike":
            refuse(f"trace {trace.name!r} follows channel {trace.channel!r}; Lava's traces follow spikes. Use the emulator.")
        if trace.mode is not Impulse.ADD:
            refuse(f"trace {trace.name!r} has mode {trace.mode.value!r}; Lava's floating_pt traces only add. Use the emulator.")


def _names(rule: StepRule, refuse: _Refusal) -> dict[str, str]:
    """Name in the rule -> name in Loihi's learning engine."""
    pre = [t.name for t in rule.traces if t.side == "pre"]
    post = [t.name for t in rule.traces if t.side == "post"] + list(rule.modulators)
    kinds = (("presynaptic traces", pre, X_TRACES), ("postsynaptic traces and third factors", post, Y_TRACES))
    for what, wanted, slots in kinds:
        if len(wanted) > len(slots):
            refuse(f"it has {len(wanted)} {what} ({', '.join(wanted)}); Lava has {len(slots)}. Use fewer, or the emulator.")
    return {**_synaptic(rule, refuse), **dict(zip(pre, X_TRACES, strict=False)), **dict(zip(post, Y_TRACES, strict=False))}


def _synaptic(rule: StepRule, refuse: _Refusal) -> dict[str, str]:
    """Names of the synaptic variables; Lava clips its ``d`` (tag_2) at 0, so only one variable besides w is possible."""
    used = {name for p in rule.products for name in (p.target, *p.factors)} & set(SYNAPTIC[1:])
    if len(used) > 1:
        refuse("it uses both tag and aux; Lava has only one synaptic variable besides w with a sign. Use the emulator.")
    return {"w": "w"} | dict.fromkeys(used or ("tag",), "t")


def _decimation(rule: StepRule, refuse: _Refusal) -> int:
    """The k of the one u<k> that a rule may have."""
    periods = {p.gate.period for p in rule.products if p.gate.kind is GateKind.EVERY} | ({1} if _decays(rule.kept) else set())
    for period in periods:
        if period & (period - 1) or period > 2**9:
            refuse(f"it has an update every {period} steps; Lava supports powers of two up to 512. Use one, or the emulator.")
    if len(periods) > 1:
        refuse(
            f"it has updates every {', '.join(map(str, sorted(periods)))} steps (a decaying tag counts as every step); a rule "
            "in Lava has one such period. Use one period for all updates, or the emulator."
        )
    return max(periods, default=1).bit_length() - 1


def _decays(kept: Mapping[str, float]) -> list[Product]:
    every = Gate(GateKind.EVERY)
    return [Product(every, name, factor - 1, (name,)) for name, factor in kept.items() if factor != 1]


def _undecayed(product: Product, kept: Mapping[str, float]) -> Product:
    """The product for values from before the decay of this step."""
    factors = [kept[name] for name in product.factors if name in kept]
    return replace(product, coefficient=float(np.prod([product.coefficient, *factors])))


def _term(product: Product, names: Mapping[str, str], decimation: int) -> str:
    gate = GATES.get(product.gate.kind, f"u{decimation}")
    return "*".join([gate, *(names[name] for name in product.factors)])


def _tau(trace: StepTrace) -> float:
    """Time constant of a trace in steps; the fraction exp(-1/tau) remains after a step."""
    return GONE_AT_ONCE if trace.kept == 0 else float(-1 / np.log(trace.kept))


def _trace_options(rule: StepRule, names: Mapping[str, str], three_factor: bool) -> dict[str, float]:
    kept: Iterable[StepTrace] = (t for t in rule.traces if t.side == "pre" or not three_factor)
    return {f"{names[t.name]}_{key}": value for t in kept for key, value in (("impulse", t.impulse), ("tau", _tau(t)))}


def _sent(rule: StepRule, names: Mapping[str, str]) -> dict[str, Sent]:
    traces = {names[t.name]: Sent(t.impulse, _tau(t)) for t in rule.traces if t.side == "post"}
    return traces | {names[name]: _factor(name, rule.supplied.get(name, "")) for name in rule.modulators}


def _factor(name: str, supply: str) -> Sent:
    return Sent(supply=supply) if supply else Sent(modulator=name)
