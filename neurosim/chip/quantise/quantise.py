"""Quantisation of a step program in one pass, which returns a new program in integers and the list of what it changed.

Each population has one scale (chip units per described unit). It is chosen so that the largest incoming weight uses the whole
weight field. Where nothing can overflow, a common, larger weight exponent makes the threshold finer (`_FINE_THRESHOLD`). A
projection with smaller weights has its own, smaller exponent. For a plastic projection, the largest weight that it can reach
decides: a finite bound of its rule becomes 255, where the chip clips; without a bound, weights can double.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.bounds import Payloads
from neurosim.chip.overflow import overflow_losses
from neurosim.chip.quantise.arrivals import arrival_losses
from neurosim.chip.quantise.dendrite import dendrite_scale, with_burst
from neurosim.chip.quantise.fields import Log, bias_fields, decay_field, level_field, no_decay
from neurosim.chip.quantise.own_step import quantised_step
from neurosim.chip.quantise.plastic import check_full, check_plastic
from neurosim.chip.quantise.plastic_rule import with_rules
from neurosim.chip.quantise.receptors import check_backwards, further_projection, is_further, receptor_scale, with_desire
from neurosim.chip.quantise.weights import (
    grid,
    largest_possible,
    largest_size,
    largest_stored,
    mode_of,
    population_scale,
    top_of,
    values,
    weight_exponent,
    with_values,
)
from neurosim.chip.report import Kind, Loss, QuantisationReport
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.neurons.step_form import Dynamics, StepNeuron
from neurosim.program.fixed import (
    DECAY_UNIT,
    RELEASE_BITS,
    RELEASE_UNIT,
    FixedNeuron,
    FixedPopulation,
    FixedProgram,
    FixedProjection,
    FixedRelease,
    SignMode,
    infer_sign_mode,
    store,
)
from neurosim.program.step import StepPopulation, StepProgram, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_RELAY = (
    "a relay, which is a process of neurosim, sends each spike with a payload of 8 bits; it runs on Lava's CPU backend, and a "
    "chip would need microcode for it"
)


def quantise(
    program: StepProgram,
    target: Target,
    *,
    weight_bits: int = 8,
    clip: float | None = None,
    payloads: Payloads | None = None,
) -> tuple[FixedProgram, QuantisationReport]:
    """The program in the integers of `target`, and the report of what quantisation changed.

    Parameters
    ----------
    weight_bits : int
        Number of bits of a stored weight, from 1 to the target's 8.
    clip : float, optional
        Absolute value at which weights are clipped before scaling (in described units of current, after the neuron's gain),
        so that a few large weights do not make all others coarse.
    payloads : mapping, optional
        Source -> smallest and largest payload, where known; for other sources, every payload of the target is possible.

    Raises
    ------
    QuantisationError
        If a value does not fit the fields of the target; the message has the limit and a remedy.
    UnsupportedError
        If transposed weights end where the voltage determines the scale.
    """
    check_backwards(program)
    if weight_bits not in range(1, target.limits.weight_bits.value + 1):
        raise QuantisationError(
            f"weight_bits = {weight_bits}; {target.name} stores 1 to {target.limits.weight_bits.value} bits per weight."
        )
    for projection in program.projections:
        if projection.rule is not None:
            check_plastic(projection, weight_bits)
        if weight_bits == 1 and infer_sign_mode(projection.weights) is SignMode.MIXED:
            raise QuantisationError(f"Projection {projection.name!r}: weights of both signs need at least 2 bits, found 1.")
    if clip is not None and not 0 < clip < np.inf:
        raise QuantisationError(f"clip = {clip}: expected a positive absolute weight; leave it out to keep all weights.")
    log = Log(program.dt)
    projections = [_clipped(p, clip, log) for p in program.projections if not is_further(program, p)]
    populations: list[FixedPopulation] = []
    fixed: list[FixedProjection] = []
    for population in program.populations:
        incoming = [p for p in projections if p.post == population.name]
        scale = population_scale(population, incoming, target, weight_bits)
        populations.append(_population(population, scale, target, log))
        fixed += [_projection(p, scale, target, weight_bits, log) for p in incoming]
    populations, others = _at_further_receptors(program, populations, fixed, target, weight_bits, log)
    fixed += others
    order = {p.name: i for i, p in enumerate(program.projections)}
    fixed.sort(key=lambda p: order[p.name])
    integer = with_rules(program, FixedProgram(program.name, program.dt, tuple(populations), tuple(fixed)), target, log)
    log.losses += [*arrival_losses(program, integer), *overflow_losses(integer, target, payloads or {})]
    return integer, QuantisationReport(target.name, tuple(log.losses), tuple(log.checks))


def _at_further_receptors(
    program: StepProgram, populations: list[FixedPopulation], first: list[FixedProjection], target: Target, bits: int, log: Log
) -> tuple[list[FixedPopulation], list[FixedProjection]]:
    """The populations with the fields of their further receptors, and the projections that end at these receptors."""
    scales = {p.name: p.scale for p in populations}
    forward = {p.name: (p, scales[p.post]) for p in first}
    found, out = [], []
    for described, population in zip(program.populations, populations, strict=True):
        scale, mine = 1.0, []
        for receptor in () if described.neuron.own else described.neuron.receptors[1:]:
            ending = [p for p in program.projections if (p.post, p.receptor) == (population.name, receptor)]
            who = f"Population {population.name!r}, receptor {receptor!r}"
            scale = receptor_scale(who, ending, forward, bits)
            if described.neuron.burst is not None:
                scale = dendrite_scale(who, described.neuron.burst, ending, scale)
            for projection in ending:
                fixed, losses = further_projection(projection, scale, forward, target, bits)
                mine.append(fixed)
                log.losses += losses
        population, losses = with_desire(population, described, scale, mine, target)
        log.losses += losses
        population = with_burst(population, described, scale, target, log)
        found.append(population)
        out += mine
    return found, out


def _clipped(projection: StepProjection, clip: float | None, log: Log) -> StepProjection:
    described = values(projection.weights)
    if clip is None or largest_size(projection.weights) <= clip:
        return projection
    cut = np.clip(described, -clip, clip)
    count = int((np.abs(described) > clip).sum())
    text = f"{count} of {described.size} weights exceed clip = {clip:g} and were clipped"
    log.lose("clip", projection.name, "weights", described, cut, text)
    return replace(projection, weights=with_values(projection.weights, cut))


def _population(population: StepPopulation, scale: float, target: Target, log: Log) -> FixedPopulation:
    name, neuron = population.name, population.neuron
    if neuron.dynamics is Dynamics.SOURCE:
        return FixedPopulation(name, population.n, FixedNeuron(Dynamics.SOURCE))
    if neuron.own is not None:
        own = quantised_step(name, neuron.own, scale, target, log)
        integer = FixedNeuron(
            Dynamics.OWN, receptors=neuron.receptors, channels=neuron.channels, sends=neuron.sends, own=own
        )
        return FixedPopulation(name, population.n, integer, scale=scale)
    mant, exp = bias_fields(name, "bias", neuron.bias, scale, target, log)
    integer = FixedNeuron(
        dynamics=neuron.dynamics,
        du=decay_field(name, "du", neuron.du, 1, log),
        dv=decay_field(name, "dv", neuron.dv, 0, log),
        v_th=level_field(name, "v_th", neuron.v_th, scale, target, log),
        bias_mant=mant,
        bias_exp=exp,
        refractory=_refractory(name, neuron, target, log),
        dtheta=decay_field(name, "dtheta", neuron.dtheta, 0, log),
        theta_jump=level_field(name, "theta_jump", neuron.theta_jump, scale, target, log),
        reset_interval=neuron.reset_interval,
        reset_offset=neuron.reset_offset,
        receptors=neuron.receptors,
        channels=neuron.channels,
        sends=neuron.sends,
        desire=neuron.desire,
    )
    return FixedPopulation(name, population.n, integer, scale=scale, v_rest=neuron.v_rest)


def _refractory(where: str, neuron: StepNeuron, target: Target, log: Log) -> int:
    if neuron.dynamics in (Dynamics.REFRACTORY_LIF, Dynamics.BURST_LIF):
        limit = target.limits.refractory.max
        log.check("refractory steps", where, neuron.refractory, limit, "Shorten the refractory time or lengthen dt.")
    return neuron.refractory


def _projection(projection: StepProjection, scale: float, target: Target, bits: int, log: Log) -> FixedProjection:
    limits = target.limits
    delay = float(np.max(projection.delays, initial=0))
    log.check("delay in steps", projection.name, delay, limits.delay_max.value, "Shorten the delay or lengthen dt.")
    mode = mode_of(projection)
    wanted = values(projection.weights) * scale
    exponent = weight_exponent(largest_possible(projection) * scale, top_of(projection, bits), target)
    if projection.release is not None:
        # The payload multiplies weights by up to 2^8, which the weight exponent takes away again.
        exponent = max(exponent, limits.weight_exponent.min + RELEASE_BITS)
    check_full(projection, scale / 2.0**exponent)
    step = grid(mode, bits)
    units = np.round(wanted / 2.0**exponent / step).astype(np.int32) * step
    top = largest_stored(mode, bits)
    held = store(np.clip(units, -top, top), mode, bits)
    _report_weights(projection.name, wanted, held * 2.0**exponent, scale, log)
    return FixedProjection(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=with_values(projection.weights, held),
        delays=projection.delays,
        weight_exp=exponent - (RELEASE_BITS if projection.release else 0),
        sign_mode=mode,
        weight_bits=bits,
        message_bits=_message_bits(projection, limits.payload_bits.value),
        release=_release(projection, log),
        channel=projection.channel,
        receptor=projection.receptor,
    )


def _message_bits(projection: StepProjection, payload_bits: int) -> int:
    if projection.release is not None:
        return RELEASE_BITS
    return payload_bits if projection.graded else 0


def _release(projection: StepProjection, log: Log) -> FixedRelease | None:
    """Short-term plasticity in integers."""
    if projection.release is None:
        return None
    if projection.rule is not None:
        raise UnsupportedError(
            f"Projection {projection.name!r}: it has short-term and long-term plasticity, and the chip does not support both "
            "together; leave one out, or put them on two projections."
        )
    units = {"base": RELEASE_UNIT, "jump": RELEASE_UNIT, "kept_x": DECAY_UNIT, "kept_u": DECAY_UNIT}
    integers = {}
    for name, unit in units.items():
        wanted = getattr(projection.release, name)
        integers[name] = round(wanted * unit)
        stuck = name.startswith("kept") and integers[name] == unit and wanted < 1
        kind: Kind = "saturation" if stuck else "rounding"
        text = no_decay(log.dt) if stuck else f"it is stored in steps of 1/{unit}"
        log.lose(kind, projection.name, f"release {name}", wanted, integers[name] / unit, text)
    log.losses.append(Loss("note", projection.name, "release", 0.0, 0.0, _RELAY))
    return FixedRelease(**integers)


def _report_weights(where: str, wanted: Any, held: Any, scale: float, log: Log) -> None:
    error = np.abs(wanted - held)
    lost = int(((held == 0) & (wanted != 0)).sum())
    rms = float(np.sqrt(np.mean(error**2))) / scale if error.size else 0.0
    text = f"rounding of {error.size} weights: rms error {rms:.3g}, {lost} of them became zero"
    log.lose("rounding", where, "weights", wanted / scale, held / scale, text)
