"""Plasticity rules as synapses of NEST, recognised by their updates and not by their name.

A synapse of NEST receives a postsynaptic spike one step late, because its dendritic delay is at least one step. A pair whose
post spike comes d steps after the pre spike is therefore weighted with d + 1 steps, and one whose pre spike comes d steps later
with d - 1. Where a synapse has an amplitude for each order, the amplitudes are corrected for it, and such pairs count the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.backends.nest.known import check_known
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import GateKind, Impulse, StepRule, StepTrace, as_described, in_weight_unit, simulated_only

UNLIMITED = 2.0**40
"""Largest weight, in mV or pA, of a synapse whose rule sets no limit; NEST has to have one."""
_RULE = (
    "name", "traces", "modulators", "products", "kept", "peaks", "bounds", "supplied", "positive", "unit", "gain",
)  # fmt: skip
_TRACE = ("name", "side", "channel", "kept", "impulse", "mode", "peak")
_PRODUCT = ("gate", "target", "coefficient", "factors")
_Key = tuple[bool, int, tuple[str, ...]]


@dataclass(frozen=True)
class NestRule:
    """A synapse of NEST with its parameters, and those of the neurons at which it ends.

    Attributes
    ----------
    model : str
        Name of the synapse.
    parameters, neuron : mapping
        Parameters of the synapse and of the post neurons, in NEST's units.
    """

    model: str
    parameters: Mapping[str, float]
    neuron: Mapping[str, float]


class _Unlike(Exception):
    """The rule is not this synapse; the message says why."""


@dataclass(frozen=True)
class _Terms:
    """The updates of a rule in NEST's units: ``(at a pre spike, power of w, traces) -> coefficient``."""

    rule: StepRule
    step: float
    found: Mapping[_Key, float]

    def taken(self, *keys: _Key) -> list[float]:
        """Coefficients of the terms `keys`, 0 where there is none; the rule must have no others."""
        others = [str(p) for p in self.rule.products if _key(p.gate.kind, p.factors) not in keys]
        if others:
            raise _Unlike(f"it has the term '{others[0]}' (in mV or pA)")
        return [self.found.get(key, 0.0) for key in keys]

    def trace(self, side: str, gate: bool, alone: bool = True) -> StepTrace | None:
        """The trace of `side` that the updates of a gate read; with `alone`, in a term without another trace."""
        for at_pre, _, names in self.found:
            traces = [self.rule.trace(name) for name in names]
            for t in traces:
                if at_pre == gate and t.side == side and (len(traces) == 1) == alone:
                    return t
        return None

    def tau(self, trace: StepTrace) -> float:
        """Time constant of a trace in milliseconds."""
        return float(-self.step / np.log(trace.kept))


def nest_rule(rule: StepRule, weight: float, dt: float) -> NestRule:
    """The synapse of NEST for `rule`, with `weight` in NEST per weight of the step program, and the step `dt` in seconds.

    Raises
    ------
    UnsupportedError
        If no synapse means the same.
    """
    own = in_weight_unit(rule, weight)
    try:
        _check_parts(own)
        terms = _Terms(own, dt * 1000, _summed(own))
        return _matching(terms)(terms)
    except _Unlike as error:
        raise UnsupportedError(
            f"NEST has no synapse that means the same as rule {rule.name!r}: {error}. Use the emulator or Brian2."
        ) from None


def _matching(terms: _Terms) -> Callable[[_Terms], NestRule]:
    """The synapse that a rule resembles: which one it is follows from the updates at a pre spike."""
    if any(at_pre and not names and not power for at_pre, power, names in terms.found):
        return _vogels
    both = {at_pre for at_pre, _, names in terms.found if len(names) == 1}
    triplet = any(len(names) > 1 for _, _, names in terms.found)
    return _pair if both == {True, False} and not triplet else _triplet


def _check_parts(rule: StepRule) -> None:
    """Raise _Unlike, or UnsupportedError, where a rule uses what no synapse of NEST has."""
    for problem in simulated_only(as_described(rule)):
        raise _Unlike(problem)
    for part, known in ((rule, _RULE), *((t, _TRACE) for t in rule.traces), *((p, _PRODUCT) for p in rule.products)):
        check_known(part, known, f"Rule {rule.name!r}")
    for name in rule.modulators:
        raise _Unlike(
            f"it has the third factor {name!r}, which is given from outside or by the neuron; NEST's stdp_dopamine_synapse "
            "computes one itself, from the spikes of dopamine neurons"
        )
    for p in rule.products:
        if p.target != "w" or p.gate.kind not in (GateKind.PRE, GateKind.POST) or p.gate.channel != "spike":
            raise _Unlike(f"it has the update '{p}'; NEST's synapses change w only, at spikes")
    for t in rule.traces:
        if t.mode is not Impulse.ADD or t.channel != "spike" or t.kept <= 0:
            raise _Unlike(f"its trace {t.name!r} does not add up all spikes on channel 'spike'")


def _key(kind: GateKind, factors: tuple[str, ...]) -> _Key:
    return kind is GateKind.PRE, factors.count("w"), tuple(sorted(f for f in factors if f != "w"))


def _summed(rule: StepRule) -> dict[_Key, float]:
    """Coefficients of equal terms, added up, for traces whose spikes add 1."""
    out: dict[_Key, float] = {}
    for p in rule.products:
        key = _key(p.gate.kind, p.factors)
        size = p.coefficient * float(np.prod([rule.trace(name).impulse for name in key[2]]))
        out[key] = out.get(key, 0.0) + size
    return {key: value for key, value in out.items() if value}


def _pair(terms: _Terms) -> NestRule:
    """Pair STDP that is additive or proportional to the weight in each order: NEST's stdp_synapse."""
    x, y = terms.trace("pre", False), terms.trace("post", True)
    if x is None or y is None:
        raise _Unlike("it is not a sum over pairs of a pre and a post spike")
    keys = [(at_pre, power, (t.name,)) for at_pre, t in ((False, x), (True, y)) for power in (0, 1)]
    up, up_w, down, down_w = terms.taken(*keys)
    most = up / -up_w if up_w else _highest(terms.rule)
    if up <= 0 or up_w > 0 or (up_w and most > _highest(terms.rule)):
        raise _Unlike("post after pre does not strengthen, by a fixed amount or a share of the distance to the largest weight")
    if (down < 0) == (down_w < 0) or down > 0 or down_w > 0:
        raise _Unlike("pre after post does not weaken, by a fixed amount or by a share of the weight")
    _check_lowest(terms.rule)
    rate = up / most
    fallen = -down_w if down_w else -down / most
    return NestRule(
        "stdp_synapse",
        {
            "lambda": rate / x.kept,
            "alpha": fallen * y.kept / (rate / x.kept),
            "tau_plus": terms.tau(x),
            "mu_plus": float(bool(up_w)),
            "mu_minus": float(bool(down_w)),
            "Wmax": most,
        },
        {"tau_minus": terms.tau(y)},
    )


def _triplet(terms: _Terms) -> NestRule:
    """Triplet STDP with all spikes, whose slow traces are those from before the spike: NEST's stdp_triplet_synapse."""
    x, y = terms.trace("pre", False), terms.trace("post", True)
    slow_post, slow_pre = terms.trace("post", False, alone=False), terms.trace("pre", True, alone=False)
    fast, late = ("" if t is None else t.name for t in (x, y))
    three = [tuple(sorted((name, "" if t is None else t.name))) for name, t in ((fast, slow_post), (late, slow_pre))]
    keys: list[_Key] = [(False, 0, (fast,)), (False, 0, three[0]), (True, 0, (late,)), (True, 0, three[1])]
    up, up_three, down, down_three = terms.taken(*keys)
    sizes = {"Aplus": up + up_three, "Aplus_triplet": up_three, "Aminus": -down - down_three, "Aminus_triplet": -down_three}
    if min(sizes.values()) < -1e-12 * max(map(abs, sizes.values())):
        raise _Unlike("post after pre does not strengthen, or pre after post does not weaken")
    _check_lowest(terms.rule)
    shift = {"Aplus": 1 if x is None else 1 / x.kept, "Aminus": 1 if y is None else y.kept}
    scaled = {name: max(size, 0.0) * shift[name.removesuffix("_triplet")] for name, size in sizes.items()}
    own, neuron = (
        {name: terms.tau(t) for name, t in named.items() if t is not None}
        for named in (
            {"tau_plus": x, "tau_plus_triplet": slow_pre},
            {"tau_minus": y, "tau_minus_triplet": slow_post},
        )
    )
    return NestRule("stdp_triplet_synapse", {**scaled, **own, "Wmax": _highest(terms.rule)}, neuron)


def _vogels(terms: _Terms) -> NestRule:
    """Symmetric STDP with a loss at each pre spike: NEST's vogels_sprekeler_synapse."""
    x, y = terms.trace("pre", False), terms.trace("post", True)
    if x is None or y is None or x.kept != y.kept:
        raise _Unlike("pairs in both orders do not change w with the same time constant")
    after, before, alone = terms.taken((False, 0, (x.name,)), (True, 0, (y.name,)), (True, 0, ()))
    low, high = terms.rule.bounds
    sign = 1.0 if after > 0 else -1.0
    if not np.isclose(after, before, rtol=1e-12) or (low if after > 0 else high) != 0 or alone * sign > 0:
        raise _Unlike("pairs do not move w away from 0 by one rate, or single pre spikes do not move it towards the bound 0")
    most = high if after > 0 else -low
    limit = sign * (most if np.isfinite(most) else UNLIMITED)
    # The weight is a default, whose sign NEST compares with that of the largest weight.
    parameters = {"eta": after * sign, "alpha": -alone / after, "tau": terms.tau(x), "Wmax": limit, "weight": sign}
    return NestRule("vogels_sprekeler_synapse", parameters, {"tau_minus": terms.tau(y)})


def _highest(rule: StepRule) -> float:
    high = rule.bounds[1]
    if high <= 0:
        raise _Unlike("it keeps weights below 0")
    return float(high) if np.isfinite(high) else UNLIMITED


def _check_lowest(rule: StepRule) -> None:
    if rule.bounds[0] != 0:
        raise _Unlike(f"its lower bound is {rule.bounds[0]:g} (in mV or pA), and that of NEST is 0")
