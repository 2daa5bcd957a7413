"""Plasticity that is switched on and off: any rule times a third factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.errors import NetworkError
from neurosim.plasticity.products import GateKind
from neurosim.plasticity.rule import Modulator, PlasticityRule, broadcast

_BROADCAST = broadcast()


def gated(rule: PlasticityRule, gate: Modulator = _BROADCAST, name: str = "M") -> PlasticityRule:
    r"""`rule` with every change of w times a third factor, 1 where it learns and 0 where it does not.

    .. math::
        \Delta w \to M(t)\, \Delta w

    Traces, ``tag`` and ``aux`` go on whatever the gate is, as do averages of the post neuron: what is learned when the gate
    opens depends on what came before.

    Parameters
    ----------
    rule : PlasticityRule
        What is gated.
    gate : Modulator
        `broadcast`, for which a run is given ``signals={name: values}``, or `post_modulator`.
    name : str
        Of the third factor.

    Raises
    ------
    NetworkError
        If the rule has something of that name, or does not change w.

    Notes
    -----
    M of equation 1 in Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x.
    """
    if name in {*rule.traces, *rule.modulators, *rule.parameters}:
        raise NetworkError(f"gated({rule.name!r}): the rule has a {name!r} already; give the gate another name.")
    if all(update.target != "w" for update in rule.updates):
        raise NetworkError(f"gated({rule.name!r}): the rule never changes w; expected one that does.")
    low, high = (bound if np.isfinite(bound) else None for bound in rule.bounds)
    return PlasticityRule(
        name=f"gated_{rule.name}",
        traces=rule.traces,
        modulators={**rule.modulators, name: gate},
        parameters=rule.parameters,
        bounds=(low, high),
        paper=rule.paper,
        equation=f"{name}(t) \\times ({rule.equation})" if rule.equation else "",
        **_texts(rule, name),
    )


def _texts(rule: PlasticityRule, name: str) -> dict[str, Any]:
    """The updates as arguments of a rule, those of w times `name`."""
    on: dict[str, dict[str, str]] = {}
    every: dict[int, dict[str, str]] = {}
    at: dict[str, dict[str, str]] = {}
    arguments: dict[GateKind, dict[Any, dict[str, str]]] = {GateKind.EVERY: every, GateKind.PHASE: at}
    for update in rule.updates:
        # In words a gate is the argument that makes it: on_pre, on_post, on_burst.
        key = {GateKind.EVERY: update.gate.period, GateKind.PHASE: update.gate.channel}.get(update.gate.kind, str(update.gate))
        texts = arguments.get(update.gate.kind, on).setdefault(key, {})
        texts[update.target] = f"{name} * ({update.text})" if update.target == "w" else update.text
    return {**on, "every": every, "at": at}
