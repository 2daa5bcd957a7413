"""Plasticity rules as data for a JSON file, and back; the texts of a rule are read by its grammar, never evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.checks.dimensions import PLAIN, Dimension
from neurosim.errors import DataError, NetworkError, UnsupportedError
from neurosim.plasticity.literals import of_dimension
from neurosim.plasticity.normalise import Normalise, normalise
from neurosim.plasticity.products import Gate, GateKind, Impulse
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.time_step import TimeStep
from neurosim.plasticity.traces import Modulator, Trace

_NUMBERS_OF_TRACES = ("side", "tau", "decay", "channel", "impulse", "peak", "start", "of", "delay")
_SECOND: Dimension = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


def rule_data(rule: PlasticityRule) -> dict[str, Any]:
    """A rule as nested mappings, lists, numbers and texts.

    Raises
    ------
    UnsupportedError
        If a third factor is an object that a training loop asks, or a parameter differs between synapses, which are no data.
    """
    for name in rule.varied:
        raise UnsupportedError(
            f"Rule {rule.name!r}: parameter {name!r} differs between synapses, which a file of rules cannot hold; write the "
            "network without the rule, or give the parameter one number."
        )
    declared = rule.declared
    return {
        "name": rule.name,
        "paper": rule.paper,
        "equation": rule.equation,
        "traces": {name: _trace_data(trace) for name, trace in declared["traces"].items()},
        "variables": {name: _trace_data(trace) for name, trace in declared["variables"].items()},
        "modulators": {name: _modulator_data(rule, name, m) for name, m in rule.modulators.items()},
        "parameters": {name: _quantity(v, rule.dimensions.get(name, PLAIN)) for name, v in rule.parameters.items()},
        "steps": sorted(rule.steps),
        "bounds": [
            _quantity(bound, dimension or PLAIN) if np.isfinite(bound) else None
            for bound, dimension in zip(rule.bounds, rule.bound_dimensions, strict=True)
        ],
        "updates": [{"gate": _gate_data(u.gate), "target": u.target, "text": u.text} for u in rule.updates],
        "normalise": None if rule.normalise is None else _normalise_data(rule.normalise),
    }


def rule_of(data: Any, who: str) -> PlasticityRule:
    """The rule that `rule_data` described; it equals the original.

    Raises
    ------
    DataError
        If a part is missing or of the wrong kind, or the parts make no rule; names the place.
    """
    try:
        on: dict[str, dict[str, str]] = {}
        every: list[tuple[Any, Mapping[str, str]]] = []
        at: dict[str, dict[str, str]] = {}
        for update in data["updates"]:
            _put(_gate(update["gate"]), update["target"], update["text"], on, every, at)
        low, high = (None if bound is None else _number(bound) for bound in data["bounds"])
        return PlasticityRule(
            data["name"],
            traces={name: _trace(given) for name, given in data["traces"].items()},
            variables={name: _trace(given) for name, given in data["variables"].items()},
            modulators={name: _modulator(m) for name, m in data["modulators"].items()},
            parameters={name: _number(v) for name, v in data["parameters"].items()} | dict.fromkeys(data["steps"], TimeStep()),
            every=every or None,
            at=at or None,
            bounds=None if low is None and high is None else (low, high),
            normalise=None if data["normalise"] is None else _normalise(data["normalise"]),
            paper=data["paper"],
            equation=data["equation"],
            **on,
        )
    except NetworkError as error:
        raise DataError(f"{who}: its parts make no rule: {error}") from None
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        said = " ".join(str(error).split())[:200]
        why = f"{type(error).__name__}: {said}"
        raise DataError(f"{who}: damaged, or written by another version ({why}); write it again.") from None


def _put(
    gate: Gate,
    target: str,
    text: str,
    on: dict[str, dict[str, str]],
    every: list[tuple[Any, Mapping[str, str]]],
    at: dict[str, dict[str, str]],
) -> None:
    """Sort an update into the arguments of a rule."""
    if gate.kind is GateKind.EVERY:
        every.append((of_dimension(gate.seconds, _SECOND) if gate.seconds else gate.period, {target: text}))
    elif gate.kind is GateKind.PHASE:
        at.setdefault(gate.channel, {})[target] = text
    else:
        on.setdefault(str(gate), {})[target] = text


def _quantity(value: float, dimension: Dimension) -> list[Any]:
    return [float(value), [float(power) for power in dimension]]


def _number(given: Any) -> Any:
    value, powers = given
    return of_dimension(float(value), _dimension(powers))


def _dimension(powers: Any) -> Dimension:
    found = tuple(float(power) for power in powers)
    if len(found) != len(PLAIN) or not np.all(np.isfinite(found)):
        raise ValueError("a dimension has seven finite powers")
    return found


def _text_or_none(given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise TypeError("the supplier of a modulator is no text")


def _trace_data(trace: Trace) -> dict[str, Any]:
    given: dict[str, Any] = {name: getattr(trace, name) for name in _NUMBERS_OF_TRACES}
    dimensions = {name: getattr(trace, name) for name in ("dimension", "start_dimension")}
    return {**given, "mode": trace.mode.value, **{name: None if d is None else list(d) for name, d in dimensions.items()}}


def _trace(given: Mapping[str, Any]) -> Trace:
    own: dict[str, Any] = {name: given[name] for name in _NUMBERS_OF_TRACES}
    for name in ("dimension", "start_dimension"):
        own[name] = None if given[name] is None else _dimension(given[name])
    return Trace(**own, mode=Impulse(given["mode"]))


def _modulator_data(rule: PlasticityRule, name: str, modulator: Modulator) -> dict[str, Any]:
    if not (modulator.supplier is None or isinstance(modulator.supplier, str)):
        raise UnsupportedError(
            f"Rule {rule.name!r}: modulator {name!r} is computed by an object of a training loop, which a file of rules cannot "
            "hold; write the network without the rule, or give the name of a third factor of the neuron."
        )
    return {"supplier": modulator.supplier, "peak": modulator.peak, "state": modulator.state}


def _modulator(given: Mapping[str, Any]) -> Modulator:
    return Modulator(_text_or_none(given["supplier"]), given["peak"], given["state"])


def _gate_data(gate: Gate) -> dict[str, Any]:
    return {"kind": gate.kind.name, "channel": gate.channel, "period": gate.period, "seconds": gate.seconds}


def _gate(given: Mapping[str, Any]) -> Gate:
    period, seconds = given["period"], float(given["seconds"])
    if not isinstance(period, int) or not isinstance(given["channel"], str) or not np.isfinite(seconds):
        raise TypeError("a gate has a text, a whole number and a number of seconds")
    return Gate(GateKind[given["kind"]], given["channel"], period, seconds)


def _normalise_data(given: Normalise) -> dict[str, Any]:
    return {"to": _quantity(given.to, given.dimension), "over": given.over, "gate": _gate_data(given.gate)}


def _normalise(given: Mapping[str, Any]) -> Normalise:
    gate = _gate(given["gate"])
    if gate.kind is GateKind.PHASE:
        return normalise(_number(given["to"]), given["over"], at=gate.channel)
    period: Any = of_dimension(gate.seconds, _SECOND) if gate.seconds else gate.period
    return normalise(_number(given["to"]), given["over"], every=period)
