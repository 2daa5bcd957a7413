"""Quantisation of a step program in one pass, which returns a new program in integers and the list of what it changed.

Each population has one scale (chip units per described unit). It is chosen so that the largest incoming weight uses the whole
weight field. Where nothing can overflow, a common, larger weight exponent makes the threshold finer (`_FINE_THRESHOLD`). A
projection with smaller weights has its own, smaller exponent. For a plastic projection, the largest weight that it can reach
decides: a finite bound of its rule becomes 255, where the chip clips; without a bound, weights can double.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.bounds import Payloads
from neurosim.chip.overflow import overflow_losses
from neurosim.chip.quantise.arrivals import arrival_losses
from neurosim.chip.quantise.choices import clips_of, factors_of
from neurosim.chip.quantise.dendrite import shifted_scale
from neurosim.chip.quantise.fields import Log, no_decay
from neurosim.chip.quantise.initial import with_initial
from neurosim.chip.quantise.parameters import quantised_courses, quantised_values
from neurosim.chip.quantise.plastic import check_full, check_plastic
from neurosim.chip.quantise.plastic_rule import with_rules
from neurosim.chip.quantise.receptors import check_backwards, feedback_losses, further_projection, is_further, receptor_scale
from neurosim.chip.quantise.signs import check_signs
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
from neurosim.errors import OutOfRangeError, QuantisationError, UnsupportedError
from neurosim.neurons.step_form import Course, ProgramNeuron
from neurosim.program.checks import check_on_chip
from neurosim.program.fixed import (
    DECAY_UNIT,
    RELEASE_BITS,
    RELEASE_UNIT,
    FixedPopulation,
    FixedProgram,
    FixedProjection,
    FixedRelease,
    SignMode,
    infer_sign_mode,
    store,
)
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from neurosim.units import FloatArray

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
    clip: float | Mapping[str, float] | None = None,
    scales: Mapping[str, float] | None = None,
    payloads: Payloads | None = None,
) -> tuple[FixedProgram, QuantisationReport]:
    """The program in the integers of `target`, and the report of what quantisation changed.

    Parameters
    ----------
    weight_bits : int
        Number of bits of a stored weight, from 1 to the target's 8.
    clip : float or mapping, optional
        Absolute value at which weights are clipped before scaling (in described units of current, after the neuron's gain),
        so that a few large weights do not make all others coarse; one for all projections, or projection -> its own.
    scales : mapping, optional
        Population -> factor by which its scale is multiplied, such as a power of two for finer or coarser levels.
    payloads : mapping, optional
        Source -> smallest and largest payload, where known; for other sources, every payload of the target is possible.

    Raises
    ------
    QuantisationError
        If a value does not fit the fields of the target; the message has the limit and a remedy.
    UnsupportedError
        If transposed weights end where the voltage determines the scale, or if a neuron computes what no chip can.
    """
    check_backwards(program)
    check_on_chip(program)
    for population in program.populations:
        if population.neuron.noise:
            raise UnsupportedError(
                f"Population {population.name!r}: its neurons have white noise, which {target.name} does not have; leave "
                "noise out, or send it as spikes of a PoissonInput."
            )
    if weight_bits not in range(1, target.limits.weight_bits.value + 1):
        raise QuantisationError(
            f"weight_bits = {weight_bits}; {target.name} stores 1 to {target.limits.weight_bits.value} bits per weight."
        )
    check_signs(program, target)
    for projection in program.projections:
        if projection.rule is not None:
            check_plastic(projection, weight_bits, target)
        if weight_bits == 1 and infer_sign_mode(projection.weights) is SignMode.MIXED:
            raise QuantisationError(f"Projection {projection.name!r}: weights of both signs need at least 2 bits, found 1.")
    clips, factors = clips_of(program, clip), factors_of(program, scales)
    log = Log(program.dt)
    projections = [_clipped(p, clips.get(p.name), log) for p in program.projections if not is_further(program, p)]
    populations: list[FixedPopulation] = []
    fixed: list[FixedProjection] = []
    for population in program.populations:
        incoming = [p for p in projections if p.post == population.name]
        scale = population_scale(population, incoming, target, weight_bits) * factors.get(population.name, 1.0)
        neuron, widths = _first(population, scale, target, log), target.limits.widths
        populations.append(FixedPopulation(population.name, population.n, neuron, scale, widths=widths))
        fixed += [_projection(p, scale, target, weight_bits, log) for p in incoming]
    populations, others = _at_further_receptors(program, populations, fixed, target, weight_bits, log)
    fixed += others
    populations = [with_initial(own, p, log) for own, p in zip(program.populations, populations, strict=True)]
    log.finish()
    order = {p.name: i for i, p in enumerate(program.projections)}
    fixed.sort(key=lambda p: order[p.name])
    integer = with_rules(program, FixedProgram(program.name, program.dt, tuple(populations), tuple(fixed)), target, log)
    log.losses += [*arrival_losses(program, integer), *overflow_losses(integer, target, payloads or {})]
    return integer, QuantisationReport(target.name, tuple(log.losses), tuple(log.checks))


def requantised(population: FixedPopulation, neuron: ProgramNeuron, target: Target) -> ProgramNeuron:
    """Neurons with other parameters, such as a current, in the integers of `population`, whose scales stay.

    Raises
    ------
    OutOfRangeError
        If the chip cannot hold a current.
    """
    log, values, courses = Log(1.0), dict[str, FloatArray](), dict[str, Course]()
    for name in neuron.step.parameters:
        scale = population.scale_at(neuron.step.receptor_of(name))
        values |= quantised_values(population.name, neuron, [name], scale, target, log)
        courses |= quantised_courses(population.name, neuron, [name], scale, target, log)
    log.finish()
    _refuse_cut_currents(population.name, neuron, log)
    return replace(neuron, values=values, courses=courses)


def _refuse_cut_currents(where: str, neuron: ProgramNeuron, log: Log) -> None:
    step = neuron.step
    currents = {step.labels.get(name, name) for name, kind in step.parameters.items() if kind == "bias"}
    for loss in log.losses:
        if loss.kind == "saturation" and loss.field in currents:
            limit = abs(loss.got)
            raise OutOfRangeError(where, loss.wanted, -limit, limit, f"the chip holds up to {limit:g} per step.")


def _at_further_receptors(
    program: StepProgram, populations: list[FixedPopulation], first: list[FixedProjection], target: Target, bits: int, log: Log
) -> tuple[list[FixedPopulation], list[FixedProjection]]:
    """The populations with the fields of their further receptors, and the projections that end at these receptors."""
    scales = {p.name: p.scale for p in populations}
    forward = {p.name: (p, scales[p.post]) for p in first}
    found, out = [], []
    for described, population in zip(program.populations, populations, strict=True):
        own, mine = {}, []
        for receptor in () if described.neuron.is_source else described.neuron.step.apart:
            ending = [p for p in program.projections if (p.post, p.receptor) == (population.name, receptor)]
            who = f"Population {population.name!r}, receptor {receptor!r}"
            widest = receptor_scale(who, ending, forward, bits)
            own[receptor] = shifted_scale(who, described.neuron, receptor, ending, widest, target.limits.widths)
            for projection in ending:
                fixed, losses = further_projection(projection, own[receptor], forward, target, bits)
                mine.append(fixed)
                log.losses += losses
        neuron = population.neuron
        for receptor, scale in own.items():
            names = [name for name in described.neuron.step.apart[receptor] if name in described.neuron.values]
            values = quantised_values(population.name, described.neuron, names, scale, target, log)
            courses = quantised_courses(population.name, described.neuron, names, scale, target, log)
            neuron = replace(neuron, values={**neuron.values, **values}, courses={**neuron.courses, **courses})
        log.losses += feedback_losses(population.name, program, mine, target)
        found.append(replace(population, neuron=neuron, scales=own))
        out += mine
    return found, out


def _first(population: StepPopulation, scale: float, target: Target, log: Log) -> ProgramNeuron:
    """The neurons with parameters in integers, without those of receptors that have a scale of their own."""
    neuron = population.neuron
    if neuron.is_source:
        return neuron
    apart = {name for names in neuron.step.apart.values() for name in names}
    names = [name for name in neuron.step.parameters if name not in apart]
    own = quantised_values(population.name, neuron, names, scale, target, log)
    return replace(neuron, values=own, courses=quantised_courses(population.name, neuron, names, scale, target, log))


def _clipped(projection: StepProjection, clip: float | None, log: Log) -> StepProjection:
    described = values(projection.weights)
    if clip is None or largest_size(projection.weights) <= clip:
        return projection
    cut = np.clip(described, -clip, clip)
    count = int((np.abs(described) > clip).sum())
    text = f"{count} of {described.size} weights exceed clip = {clip:g} and were clipped"
    log.lose("clip", projection.name, "weights", described, cut, text)
    return replace(projection, weights=with_values(projection.weights, cut))


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
        text = no_decay(log.dt, DECAY_UNIT) if stuck else f"it is stored in steps of 1/{unit}"
        log.lose(kind, projection.name, f"release {name}", wanted, integers[name] / unit, text)
    log.losses.append(Loss("note", projection.name, "release", 0.0, 0.0, _RELAY))
    return FixedRelease(**integers)


def _report_weights(where: str, wanted: Any, held: Any, scale: float, log: Log) -> None:
    error = np.abs(wanted - held)
    lost = int(((held == 0) & (wanted != 0)).sum())
    rms = float(np.sqrt(np.mean(error**2))) / scale if error.size else 0.0
    text = f"rounding of {error.size} weights: rms error {rms:.3g}, {lost} of them became zero"
    log.lose("rounding", where, "weights", wanted / scale, held / scale, text)
