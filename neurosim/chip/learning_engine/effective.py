"""The effective rule: what a compiled rule really computes, in described units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim.chip.learning_engine.terms import Term, expanded, summed
from neurosim.plasticity.products import Gate, GateKind, Product, StepRule, rescaled
from neurosim.program.engine_rule import GATES, ChipProduct, ChipRule

_KINDS = {name: kind for kind, name in GATES.items()}


def effective(chip: ChipRule, rule: StepRule) -> StepRule:
    """The float rule with exactly the constants and decays of `chip`, in the units of `rule`.

    This rule in float and the rule on the chip then differ only by the noise of integer arithmetic.
    """
    read = {chip.names[name]: name for name in ("w", "tag", "aux", *(t.name for t in rule.traces), *rule.modulators)}
    arrivals = {t.name: 1 / t.kept for t in rule.traces if t.channel == "arrival"}
    found = (p for product in chip.products for p in expanded(_term(chip, product, read)))
    products = summed(rescaled(p, arrivals) for p in found)
    decays = {name: _decay(products, name) for name in rule.kept}
    kept = {name: 1.0 + (0.0 if p is None else p.coefficient) for name, p in decays.items()}
    rest = [_read_after_decay(p, kept) for p in products if p not in decays.values()]
    traces = tuple(
        replace(t, kept=float(np.exp(-1.0 / own.tau)), impulse=own.impulse / chip.scales[t.name])
        for t in rule.traces
        for own in (chip.traces[chip.names[t.name]],)
    )
    return replace(rule, traces=traces, products=tuple(rest), kept=kept)


def _term(chip: ChipRule, product: ChipProduct, read: dict[str, str]) -> Term:
    """The product in units of the rule.

    A slot that corresponds to no described name counts as 0. It is an unused trace, or the negative part of a third factor,
    which is 0 where the factor is positive.
    """
    gate = Gate(_KINDS[product.gate], period=1 << chip.decimation if product.gate == "u" else 1)
    target = read[product.target]
    coefficient = product.coefficient / chip.scales[target]
    factors = []
    for slot, constant in product.factors:
        if slot not in read:
            coefficient *= constant
            continue
        name = read[slot]
        coefficient *= chip.scales[name]
        factors.append((name, constant / chip.scales[name]))
    return Term(gate, target, coefficient, tuple(factors))


def _decay(products: list[Product], name: str) -> Product | None:
    """The product that makes the variable decay, if there is one."""
    gate = Gate(GateKind.EVERY)
    return next((p for p in products if (p.gate, p.target, p.factors) == (gate, name, (name,))), None)


def _read_after_decay(product: Product, kept: dict[str, float]) -> Product:
    coefficient = product.coefficient
    for name in product.factors:
        coefficient /= kept.get(name, 1.0)
    return replace(product, coefficient=coefficient)
