"""Conversion of the plasticity rules of a program to Lava's learning rules."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from neurosim.backends.lava.float_rules import float_learning
from neurosim.backends.lava.plastic import RULES, SYNAPTIC_VARS, Y_SLOTS, LavaRule, Sent, check_form
from neurosim.chip.learning_engine.loihi_strings import rule_strings
from neurosim.errors import UnsupportedError
from neurosim.program.engine_rule import VARIABLES, ChipRule, Sending
from neurosim.program.fixed import FixedProjection
from neurosim.program.step import StepProjection


@singledispatch
def learning(projection: Any) -> LavaRule:
    """The learning rule in Lava of `projection`, which has a plasticity rule.

    Raises
    ------
    UnsupportedError
        If Lava cannot run the rule; the message names the projection, the reason and the remedy.
    """
    raise TypeError(f"expected a StepProjection or a FixedProjection, found {projection!r}.")


@learning.register
def _(projection: StepProjection) -> LavaRule:
    return float_learning(projection)


@learning.register
def _(projection: FixedProjection) -> LavaRule:
    rule = projection.rule
    assert rule is not None
    check_form(projection)
    _check_sent(projection.name, rule)
    kept = {name: t for name, t in rule.traces.items() if name not in Y_SLOTS or not rule.three_factor}
    traces = {f"{name}_{key}": value for name, t in kept.items() for key, value in (("impulse", t.impulse), ("tau", t.tau))}
    options = rule_strings(rule) | traces | {"t_epoch": rule.epoch, "rng_seed": rule.seed}
    names = {name: chip for name, chip in (VARIABLES | dict(rule.names)).items() if chip not in rule.sent}
    return LavaRule(
        name="Loihi3FLearningRule" if rule.three_factor else "Loihi2FLearningRule",
        module=RULES,
        options=options,
        sign_mode=projection.mode,
        sent=_sent(rule),
        seed=rule.seed,
        variables={name: SYNAPTIC_VARS.get(chip, chip) for name, chip in names.items()},
    )


def _check_sent(name: str, rule: ChipRule) -> None:
    if rule.three_factor and rule.epoch != 1:
        raise UnsupportedError(
            f"Projection {name!r}: a three-factor rule with an epoch of {rule.epoch} steps; in every step, the y that a neuron "
            "sends replaces the one before, so that only the last one of an epoch is used. Use an epoch of 1."
        )


def _sent(rule: ChipRule) -> dict[str, Sent]:
    if not rule.three_factor:
        return {}
    traces = {slot: Sent(t.impulse, t.tau) for slot, t in rule.traces.items() if slot in Y_SLOTS}
    written = {slot: rule.sending.get(slot, Sending()) for slot in rule.sent}
    factors = {slot: _factor(name, rule.supplied.get(name, ""), written[slot]) for slot, name in rule.sent.items()}
    return {slot: (traces | factors)[slot] for slot in Y_SLOTS if slot in traces | factors}


def _factor(name: str, supply: str, how: Sending) -> Sent:
    return Sent(supply=supply, how=how) if supply else Sent(modulator=name, how=how)
