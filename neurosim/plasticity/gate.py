"""Gated plasticity: a third factor switches any rule on and off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neurosim.errors import NetworkError, shown
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.literals import seconds
from neurosim.plasticity.products import GateKind
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Modulator, broadcast

_BROADCAST = broadcast()


def gated(rule: PlasticityRule, gate: Modulator = _BROADCAST, name: str = "M") -> PlasticityRule:
    r"""Multiply every change of w in `rule` by a third factor: 1 lets the rule learn, 0 stops it.

    .. math::
        \Delta w \to M(t)\, \Delta w

    Traces, ``tag``, ``aux``, the averages of the postsynaptic neuron and a normalisation continue while the gate is closed.
    When the gate opens, learning therefore depends on what happened before.

    Parameters
    ----------
    rule : PlasticityRule
        Rule to be gated.
    gate : Modulator
        Third factor. Either `broadcast`, whose values you pass to a run as ``signals={name: values}``, or `post_modulator`.
    name : str
        Name of the third factor.

    Raises
    ------
    NetworkError
        If the rule already uses that name, or does not change w.

    Notes
    -----
    The gate is M of equation 1 in Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x.
    """
    given: Any = rule
    if not isinstance(given, PlasticityRule):
        raise NetworkError(f"gated({shown(given)}): expected a PlasticityRule, such as pair_stdp().")
    if not (isinstance(name, str) and name.isidentifier()):
        raise NetworkError(f"gated({rule.name!r}): name is {shown(name)}; expected a name such as 'M'.")
    if name in {*rule.traces, *rule.modulators, *rule.quantities}:
        raise NetworkError(f"gated({rule.name!r}): the rule already has {name!r}; give the gate another name.")
    if all(update.target != "w" for update in rule.updates):
        raise NetworkError(f"gated({rule.name!r}): the rule never changes w; expected one that does.")
    return PlasticityRule(
        name=f"gated_{rule.name}",
        **rule.declared,
        modulators={**rule.modulators, name: gate},
        parameters=rule.quantities,
        bounds=rule.limits,
        normalise=rule.normalise,
        paper=rule.paper,
        equation=f"{name}(t) \\times ({rule.equation})" if rule.equation else "",
        **rewritten(rule, lambda update: f"{name} * ({update.text})" if update.target == "w" else update.text),
    )


def rewritten(rule: PlasticityRule, text: Callable[[Update], str]) -> dict[str, Any]:
    """The updates of `rule` as arguments of `PlasticityRule`, each rewritten by `text`."""
    on: dict[str, dict[str, str]] = {}
    every: dict[Any, dict[str, str]] = {}
    at: dict[str, dict[str, str]] = {}
    arguments: dict[GateKind, dict[Any, dict[str, str]]] = {GateKind.EVERY: every, GateKind.PHASE: at}
    for update in rule.updates:
        # As text, a gate is the argument that makes it: on_pre, on_post, on_burst.
        period = seconds(update.gate.seconds) if update.gate.seconds else update.gate.period
        key = {GateKind.EVERY: period, GateKind.PHASE: update.gate.channel}.get(update.gate.kind, str(update.gate))
        arguments.get(update.gate.kind, on).setdefault(key, {})[update.target] = text(update)
    return {**on, "every": every, "at": at}
