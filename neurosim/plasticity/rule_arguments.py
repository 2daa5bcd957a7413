"""Checks of the arguments from which a plasticity rule is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from neurosim.checks.dimensions import Dimension
from neurosim.checks.given import choice, mapping, number, pair
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.plasticity.names import normalised
from neurosim.plasticity.periods import periods_of
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind
from neurosim.plasticity.traces import Modulator, Trace

PHASES = ("sample_end", "sample_over")
_LONGEST_NAME = 200
_EXAMPLES = {
    "traces": '{"x": pre(tau=20*ms)}',
    "variables": '{"c": synaptic(1*second)}',
    "modulators": '{"M": broadcast()}',
    "parameters": '{"eta": 0.01}',
    "on_pre": '{"w": "eta * x"}',
    "at": '{"sample_end": {"w": "eta * x"}}',
}


_Wanted = list[tuple[Gate, Mapping[str, str]]]
_FOLLOWING = ("updates", "dimensions", "bound_dimensions", "varied", "steps")
"""Attributes of a rule that follow from its arguments."""


def check_name(name: Any) -> None:
    """NetworkError unless it is short text that can be printed."""
    if not (isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME):
        raise NetworkError(f"PlasticityRule: name is {shown(name)}; expected text of 1 to {_LONGEST_NAME} characters.")


def named_parts(rule: str, kind: str, given: Any) -> dict[str, Any]:
    """Traces, variables, modulators or parameters by their normalised names."""
    return dict(normalised(rule, kind.removesuffix("s"), mapping(f"Rule {rule!r}: {kind}", given, _EXAMPLES[kind])))


def limits_of(rule: str, bounds: Any) -> tuple[tuple[float, float], tuple[Dimension | None, Dimension | None]]:
    """Limits in SI, and their dimensions; None for zero and for missing limits, which fit every dimension."""
    low, high = pair(f"Rule {rule!r}: bounds", bounds)
    below, one = (-np.inf, None) if low is None else number(f"Rule {rule!r}: lower bound", low)
    above, other = (np.inf, None) if high is None else number(f"Rule {rule!r}: upper bound", high)
    if below >= above:
        raise NetworkError(f"Rule {rule!r}: bounds are ({shown(low)}, {shown(high)}); expected (low, high) with low < high.")
    return (below, above), (one if below else None, other if above else None)


def check_names(
    rule: str, traces: Mapping[str, Trace], modulators: Mapping[str, Modulator], parameters: Iterable[str]
) -> None:
    """NetworkError if a part is of another kind, or two parts have one name."""
    _check_kind(rule, "trace", traces, Trace, "pre(tau=20*ms)")
    _check_kind(rule, "modulator", modulators, Modulator, "broadcast()")
    seen: dict[str, str] = {name: "synaptic variable" for name in SYNAPTIC}
    for kind, names in (("trace", traces), ("modulator", modulators), ("parameter", parameters)):
        for name in names:
            decays = kind == "trace" and traces[name].side == "synapse" and name in SYNAPTIC[1:]
            if name in seen and not decays:
                raise NetworkError(f"Rule {rule!r}: {kind} {name!r} is already a {seen[name]}; choose another name.")
            seen[name] = kind


def wanted_updates(rule: str, on: Mapping[str, Any], every: Any, at: Any) -> _Wanted:
    """When which variables change, and the texts of the changes."""
    return [*_events(rule, on), *_periods(rule, every), *_phases(rule, at)]


def _check_kind(rule: str, kind: str, things: Mapping[str, Any], expected: type, example: str) -> None:
    for name, thing in things.items():
        if not isinstance(thing, expected):
            raise NetworkError(f"Rule {rule!r}: {kind} {name!r} is {shown(thing)}; expected a {kind} such as {example}.")


def _texts(rule: str, where: str, texts: Any) -> Mapping[str, str]:
    return mapping(f"Rule {rule!r}: {where}", texts, _EXAMPLES["on_pre"])


def _events(rule: str, on: Mapping[str, Any]) -> _Wanted:
    gates = {"on_pre": Gate(GateKind.PRE), "on_post": Gate(GateKind.POST)}
    for key in on:
        if key in _FOLLOWING:
            raise NetworkError(
                f"Rule {rule!r}: {key!r} follows from the arguments and cannot be given. To change a rule, use its method "
                "with_parameters, or write it anew; dataclasses.replace does not know its arguments."
            )
        if not key.startswith("on_") or key == "on_":
            known = "traces variables modulators parameters every at bounds normalise paper equation on_pre on_post".split()
            raise NetworkError(f"Rule {rule!r}: " + unknown_name("argument", key[:_LONGEST_NAME], known))
    return [(gates.get(key, Gate(GateKind.POST, channel=key[3:])), _texts(rule, key, texts)) for key, texts in on.items()]


def _periods(rule: str, every: Any) -> _Wanted:
    return [(gate, _texts(rule, str(gate), texts)) for gate, texts in periods_of(rule, every)]


def _phases(rule: str, at: Any) -> _Wanted:
    phases = mapping(f"Rule {rule!r}: at", at, _EXAMPLES["at"])
    for phase in phases:
        choice(f"Rule {rule!r}", "phase", phase, PHASES)
    return [(Gate(GateKind.PHASE, channel=phase), _texts(rule, f"at {phase}", texts)) for phase, texts in phases.items()]
