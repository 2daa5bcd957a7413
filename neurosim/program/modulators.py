"""Third factors that neurons supply, in the rules of a step program: phases and channels become factors.

The executions of a step program know only steps and spikes. An update at a phase therefore becomes an update in every step,
times a factor that is 1 in the phase. An update at a channel becomes an update at every spike, times a factor that is 1 where
the channel fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurosim.errors import UnsupportedError
from neurosim.neurons.step_form import Supply
from neurosim.plasticity.atoms import names_in
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind, Product, StepRule


def as_supplied(rule: StepRule, sends: Mapping[str, Supply]) -> StepRule:
    """The rule for post neurons that send the third factors `sends`.

    Raises
    ------
    UnsupportedError
        If the rule reads a factor outside the only channel at which it is known.
    """
    rule = _channelled(_phased(rule, sends), sends)
    return replace(rule, positive=frozenset(name for name, sent in rule.supplied.items() if not sends[sent].signed))


def _phased(rule: StepRule, sends: Mapping[str, Supply]) -> StepRule:
    """The rule with the phases in `sends` as factors; a product with a factor that is 0 outside the phase needs no other."""
    pulsed = {name: sends[sent].phase for name, sent in rule.supplied.items()}
    sent = {p.gate.channel for p in rule.products if p.gate.kind is GateKind.PHASE} & set(sends)
    names = {phase: _free(rule, phase) for phase in sorted(sent)}
    products = tuple(_in(p, Gate(GateKind.EVERY), pulsed, names) if p.gate.channel in sent else p for p in rule.products)
    return _with_factors(rule, products, names)


def _channelled(rule: StepRule, sends: Mapping[str, Supply]) -> StepRule:
    """The rule with the channels of the post neuron as factors; an event on a channel is a spike, too."""
    pulsed = {name: sends[sent].channel for name, sent in rule.supplied.items() if sends[sent].channel}
    for product in rule.products:
        _check_read(rule.name, product, pulsed)
    known = {supply.channel for name, supply in sends.items() if name == supply.channel}
    heard = {p.gate.channel for p in rule.products if p.gate.kind is GateKind.POST} & known
    names = {channel: _free(rule, channel) for channel in sorted(heard)}
    products = tuple(
        _in(p, Gate(GateKind.POST), pulsed, names) if p.gate.kind is GateKind.POST and p.gate.channel in heard else p
        for p in rule.products
    )
    return _with_factors(rule, products, names)


def _check_read(rule: str, product: Product, pulsed: Mapping[str, str]) -> None:
    for name in sorted({name for factor in product.factors for name in names_in(factor)}):
        channel = pulsed.get(name, product.gate.channel)
        if product.gate != Gate(GateKind.POST, channel) and name in pulsed:
            raise UnsupportedError(
                f"Rule {rule!r}, {product}: the post neuron sends {name!r} only at its channel {channel!r}; at other times "
                f"it is 0. Read it in on_{channel}."
            )


def _in(product: Product, gate: Gate, pulsed: Mapping[str, str], names: Mapping[str, str]) -> Product:
    """The product with `gate` as its gate, times the factor of its own phase or channel."""
    place = product.gate.channel
    inside = any(pulsed.get(name) == place for name in product.factors)
    return replace(product, gate=gate, factors=product.factors if inside else (*product.factors, names[place]))


def _free(rule: StepRule, name: str) -> str:
    """`name`, or a longer name if the rule uses it already."""
    used = {*SYNAPTIC, *rule.modulators, *rule.varied, *rule.variables, *(t.name for t in rule.traces)}
    while name in used:
        name += "_"
    return name


def _with_factors(rule: StepRule, products: tuple[Product, ...], names: Mapping[str, str]) -> StepRule:
    """The rule with `products`, and with those of the factors `names` (phase or channel -> name) that they use."""
    added = {name: sent for sent, name in names.items() if any(name in p.factors for p in products)}
    return replace(
        rule,
        products=products,
        modulators={**rule.modulators, **dict.fromkeys(added, 1.0)},
        supplied={**rule.supplied, **added},
    )
