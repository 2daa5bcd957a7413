"""Rules of plastic projections in the fields of the learning engine, for the scale of their weights, and what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.learning_engine.compile_rule import compile_rule
from neurosim.chip.learning_engine.demand import demand_of
from neurosim.chip.learning_engine.effective import effective
from neurosim.chip.learning_engine.loihi_strings import rule_strings
from neurosim.chip.learning_engine.terms import summed, touched
from neurosim.chip.quantise.fields import Log
from neurosim.chip.quantise.plastic import FULL, bound
from neurosim.chip.quantise.weights import largest_size
from neurosim.chip.report import Loss
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.neurons.step_form import ProgramNeuron, steps_of_decay
from neurosim.plasticity.products import Product, StepRule, StepTrace, in_weight_unit, without_equal
from neurosim.program.engine_rule import TRACE_MAX, ChipRule
from neurosim.program.fixed import FixedProgram, FixedProjection
from neurosim.program.step import StepProgram, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target

LEARNING = "learning"
"""Name of the entry of a report that says what a rule needs on the chip."""


def with_rules(program: StepProgram, fixed: FixedProgram, target: Target, log: Log) -> FixedProgram:
    """The program `fixed` with the rules of its plastic projections in the fields of the learning engine.

    A neuron sends the same values to all its synapses, so its first projection determines how third factors are written.

    Raises
    ------
    UnsupportedError
        If the engine cannot run a rule, or cannot run it at this receptor.
    QuantisationError
        If a constant is outside the engine's range.
    """
    done: list[FixedProjection] = []
    for described, projection in zip(program.projections, fixed.projections, strict=True):
        if described.rule is not None:
            neuron = program.population(projection.post).neuron
            scale = fixed.population(projection.post).scale_at(projection.receptor) / 2.0**projection.weight_exp
            others = [p.rule for p in done if p.post == projection.post and p.rule is not None]
            rule = without_equal(described.rule)
            projection = replace(projection, rule=_compiled(described, rule, neuron, scale, others, target, log))
        done.append(projection)
    return replace(fixed, projections=tuple(done))


def _compiled(
    projection: StepProjection,
    rule: StepRule,
    neuron: ProgramNeuron,
    scale: float,
    others: Iterable[ChipRule],
    target: Target,
    log: Log,
) -> ChipRule:
    """The rule for weights of `scale` stored units each, at a neuron that already has the rules `others`."""
    notes: list[str] = []
    gain = float(np.mean(neuron.gain_at(projection.receptor)))
    sent = {supply: other.scales[modulator] for other in others for modulator, supply in other.supplied.items()}
    if projection.receptor in neuron.step.apart:
        log.losses += _at_dendrite(projection, rule, neuron, scale, gain)
    try:
        compiled = compile_rule(rule, scale, target, sent=sent, notes=notes)
    except (UnsupportedError, QuantisationError) as error:
        raise type(error)(f"Projection {projection.name!r}: {error}") from None
    log.losses += rule_losses(projection.name, compiled, rule, gain, largest_size(projection.weights))
    log.losses += [Loss("note", projection.name, "rule", 0.0, 0.0, note) for note in notes]
    log.losses.append(Loss("note", projection.name, LEARNING, 0.0, 0.0, str(demand_of(compiled, target))))
    return compiled


def _at_dendrite(
    projection: StepProjection, rule: StepRule, neuron: ProgramNeuron, scale: float, gain: float
) -> Iterator[Loss]:
    """Loss of the rule's bound at the dendrite: the scale there is fixed, and the chip clips at the largest stored weight."""
    if neuron.step.inputs[projection.receptor][1] != "input":
        raise UnsupportedError(
            f"Projection {projection.name!r}: it is plastic and ends at receptor {projection.receptor!r}; on a chip, weights "
            "learn only at the first receptor and at the dendrite of BurstLIF. Leave plasticity out."
        )
    wanted, got = bound(rule) / gain, FULL / scale / gain
    if np.isfinite(wanted) and not np.isclose(wanted, got):
        text = f"a dendrite's scale follows p_span in powers of two, so the chip clips at {got:.4g}; as a bound, this is exact"
        yield Loss("clip", projection.name, "bounds", wanted, got, text)


def rule_losses(name: str, chip: ChipRule, rule: StepRule, gain: float, initial: float) -> Iterator[Loss]:
    """Roundings of the rule in described units; `gain` is the number of program units per described unit of weight."""
    wanted, got = (in_weight_unit(r, 1 / gain) for r in (rule, effective(chip, rule)))
    effects = {(p.gate, p.target, p.factors): p.coefficient for p in got.products}
    for product in summed(wanted.products):
        effect = effects.get((product.gate, product.target, product.factors), 0.0)
        yield Loss("rounding", name, _label(product), product.coefficient, effect, "a constant on the chip has four bits")
    for variable, kept in wanted.kept.items():
        if variable not in touched(rule):
            continue
        tau, own = (float(steps_of_decay(np.asarray(k))) for k in (kept, got.kept[variable]))
        text = "time constant in steps; the decay is a product of the rule, whose constant has four bits"
        yield Loss("rounding", name, f"tau of {variable}", tau, own, text)
    for trace in rule.traces:
        yield _trace_loss(name, trace, chip)
    for key, text in rule_strings(chip).items():
        yield Loss("note", name, key, 0.0, 0.0, text)
    for shift in sorted({p.shift for p in chip.products} - {0}):
        text = f"the chip shifts products right by {shift} bits, so their constants in the string are {1 << shift} times larger"
        yield Loss("note", name, "hidden shift", 1.0, float(1 << shift), text)
    if not np.all(np.isfinite(rule.bounds)):
        top = FULL / chip.scales["w"] / gain
        text = f"the rule has no bound on one side or both; the chip saturates at {top:.4g}. Give the rule bounds=(low, high)"
        yield Loss("note", name, "bounds", initial / gain, top, text)


def _label(product: Product) -> str:
    return f"{product.gate}: {product.target} += " + " * ".join(["c", *product.factors])


def _trace_loss(name: str, trace: StepTrace, chip: ChipRule) -> Loss:
    slot, scale = chip.names[trace.name], chip.scales[trace.name]
    own, top = chip.traces[slot], TRACE_MAX / scale / trace.impulse
    text = f"stored in {slot} with impulse {own.impulse:g} and tau {own.tau:.4g} steps; saturates at {top:.3g} impulses"
    return Loss("saturation", name, f"trace {trace.name}", trace.peak, top, text)
