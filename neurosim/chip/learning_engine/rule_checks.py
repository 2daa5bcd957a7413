"""Checks that the learning engine can run a rule as described; everything else is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from neurosim.checks.dimensions import readable
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import GateKind, Impulse, Product, StepRule, as_described, simulated_only

_LARGEST_PERIOD = 1 << 9
"""Period of ``u9``, the longest one: k has one digit."""


def check_rule(rule: StepRule) -> None:
    """Raise UnsupportedError, with the remedy and in described units, if the engine cannot run `rule`."""
    own = as_described(rule)
    for check in _CHECKS:
        for problem in check(own):
            raise UnsupportedError(f"Rule {rule.name!r}: {problem}")


def decimation(rule: StepRule) -> int:
    """The k of the gate ``u``, which opens every 2^k steps; 0 if the rule has no update at fixed intervals."""
    periods = [p.gate.period for p in rule.products if p.gate.kind is GateKind.EVERY]
    return int(np.log2(periods[0])) if periods else 0


def _phases(rule: StepRule) -> Iterator[str]:
    for product in rule.products:
        if product.gate.kind is GateKind.PHASE:
            yield (
                f"{product}: a chip cannot detect the end of a sample. Multiply the term by a third factor that is 1 in the "
                "last step and 0 otherwise, and write it as every={1: ...}; or run the rule on the emulator in float."
            )


def _channels(rule: StepRule) -> Iterator[str]:
    for trace in rule.traces:
        if trace.channel == "arrival" and trace.mode is Impulse.ADD and trace.kept > 0:
            continue
        if trace.channel == "arrival" and trace.mode is Impulse.ADD:
            yield (
                f"trace {trace.name!r} follows channel 'arrival' with a decay of 0; a chip computes arrivals from a trace that "
                "lasts. Use a decay above 0, such as 0.1, or run the rule in Brian2 or on the emulator in float."
            )
        elif trace.channel != "spike":
            yield (
                f"trace {trace.name!r} follows channel {trace.channel!r}; on a chip, traces follow spikes as they are emitted. "
                'Use channel="spike", or run the rule in Brian2.'
            )
    for product in rule.products:
        if product.gate.kind is GateKind.POST and product.gate.channel != "spike":
            yield (
                f"{product}: on a chip, synapses receive the spikes of the post neuron, but not {product.gate.channel!r}. Use "
                "a third factor for that event and write the term as every={1: ...}."
            )


def _impulses(rule: StepRule) -> Iterator[str]:
    for trace in rule.traces:
        if trace.mode is Impulse.SATURATE:
            yield (
                f'trace {trace.name!r} has mode="saturate"; a chip adds a fixed impulse. Use mode="add" with a small peak, or '
                'mode="overwrite".'
            )


def _periods(rule: StepRule) -> Iterator[str]:
    every = [p for p in rule.products if p.gate.kind is GateKind.EVERY]
    for product in every:
        period = product.gate.period
        if period & (period - 1) or period > _LARGEST_PERIOD:
            most = _LARGEST_PERIOD
            yield f"{product}: the period is {period} steps; a chip has powers of two up to {most}. Use {_near(period)}."
    if len({p.gate.period for p in every}) > 1:
        yield f"{_both(every)}: a chip has one period for all updates of a rule. Use the same period for both."
    slow = [p for p in every if p.gate.period > 1]
    if slow and rule.kept:
        name = next(iter(rule.kept))
        yield f"{slow[0]}: {name!r} decays in every step, and a chip has only one period for both. Use every={{1: ...}}."


def _near(period: int) -> int:
    return min(1 << max(0, round(float(np.log2(period)))), _LARGEST_PERIOD)


def _both(products: list[Product]) -> str:
    other = next(p for p in products if p.gate.period != products[0].gate.period)
    return f"{products[0]} and {other}"


def _bounds(rule: StepRule) -> Iterator[str]:
    low, high = rule.bounds
    symmetric = np.isclose(low, -high)
    if low > 0 or high < 0 or (np.isfinite(low) and np.isfinite(high) and low * high != 0 and not symmetric):
        found = ", ".join(readable(bound, rule.unit) for bound in rule.bounds)
        yield (
            f"bounds ({found}); on a chip, one bound is 0 or both have the same absolute value. Use (0, high), (low, 0) or "
            "(-high, high)."
        )


def _normalised(rule: StepRule) -> Iterator[str]:
    if rule.normalise is not None:
        yield (
            f"it normalises the weights of each {rule.normalise.over} neuron; on a chip, no synapse knows the sum of the "
            "others. Leave normalise out and let the host scale the weights between stretches (Running.every), add a decay "
            "such as that of Oja's rule, or run the rule in Brian2 or on the emulator in float."
        )


def _varied(rule: StepRule) -> Iterator[str]:
    for name in rule.varied:
        yield (
            f"its parameter {name!r} differs between synapses; on a chip, a rule has one constant for all. Give it one number, "
            "or run the rule in Brian2 or on the emulator in float."
        )


def _variables(rule: StepRule) -> Iterator[str]:
    for name in rule.variables:
        yield (
            f"it has the variable {name!r}; on a chip, a synapse has w, tag and aux. Use 'tag' or 'aux' for it, or run the "
            "rule in Brian2 or on the emulator in float."
        )


_CHECKS: tuple[Callable[[StepRule], Iterator[str]], ...] = (
    simulated_only, _phases, _channels, _impulses, _periods, _bounds, _normalised, _varied, _variables,
)  # fmt: skip
