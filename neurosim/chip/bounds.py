"""Bounds of the integers of a program: how large they can become if the inputs are at their worst in every step.

The emulator counts overflows only in registers that can overflow at all (`neurosim.backends.emulator.overflow`), and the report
of a deployment lists these registers (`neurosim.chip.overflow`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.fixed import RELEASE_BITS, WEIGHT_RANGE, FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.widths import Widths
from neurosim.step_language.declaration import Membrane
from neurosim.units import FloatArray

SUM_LIMIT = 2.0**31
"""Lava adds in signed integers of 32 bits, which end below this value."""

Payloads = Mapping[str, tuple[float, float]]
"""Source -> smallest and largest payload, where known; 0 and 1 for a source that sends plain spikes."""


class Span(NamedTuple):
    """Lower and upper bound, each a number, or one number per neuron."""

    low: Any
    high: Any

    def beyond(self, low: float, high: float) -> bool:
        """Whether the bounds of any neuron extend below `low` or above `high`."""
        return bool(np.any(np.asarray(self.low) < low) or np.any(np.asarray(self.high) > high))

    def plus(self, other: Span) -> Span:
        """Bounds of the sum of two quantities."""
        return Span(self.low + other.low, self.high + other.high)


REST = Span(0.0, 0.0)


@dataclass(frozen=True)
class Reach:
    """Bounds of one population, or of its dendrite; one entry per neuron.

    Attributes
    ----------
    arriving : Span
        Sum of the synaptic input of one step, in units of a stored weight, before the shift to the units of u.
    shifted_from : Span
        The largest sum of one projection before the shift by its weight exponent.
    u : Span
        Synaptic current before it wraps.
    drive : Span
        The sum of u and bias, which is added to v in a step.
    v : Span
        Voltage before it saturates, and before a spike resets it.
    widths : Widths
        Widths of u and v.
    """

    arriving: Span
    shifted_from: Span
    u: Span
    drive: Span
    v: Span
    widths: Widths

    @property
    def wraps(self) -> bool:
        """Whether u can leave its register, where it wraps or saturates."""
        return self.u.beyond(-self.widths.top, current_limit(self.widths))

    @property
    def saturates(self) -> bool:
        """Whether v can saturate."""
        return self.v.beyond(-self.widths.top, self.widths.top)

    @property
    def exceeds_sums(self) -> bool:
        """Whether a sum of weights can exceed 32 bits, before or after the shift by its exponent."""
        return any(span.beyond(-SUM_LIMIT, SUM_LIMIT - 1) for span in (self.arriving, self.shifted_from))


def current_limit(widths: Widths) -> int:
    """The largest u: it wraps above the sign bit as Lava's does, and saturates at the largest state."""
    return widths.half if widths.wraps else widths.top


def payload_span(program: FixedProgram, projection: FixedProjection, payloads: Payloads) -> Span:
    """Smallest and largest number by which one spike multiplies its weight."""
    if projection.release is not None:
        return Span(0.0, float((1 << RELEASE_BITS) - 1))
    pre = program.population(projection.pre).neuron
    if not projection.graded:
        return Span(0.0, 1.0)
    if not pre.is_source:
        known = [float(np.max(pre.values[name])) for name in pre.step.channels[projection.channel].most]
        most = max(known) if known else 2.0**projection.message_bits - 1
        return Span(-most, most)
    return Span(*payloads.get(projection.pre, (0.0, 2.0**projection.message_bits - 1)))


class Sums(NamedTuple):
    """Sums of a projection for each post neuron."""

    weights: Span
    """Sum of the negative weights, and sum of the positive ones."""
    factor: float
    """Factor by which the weights are multiplied on arrival."""
    floors: Any
    """Upper bound of what rounding down then takes from the input of one step."""


Held = Callable[[FixedProjection], Sums]
"""Function that returns the sums of a projection: `described` for those in the program, or one for those in an emulator."""


def described(projection: FixedProjection) -> Sums:
    """Sums of the weights in the program; plastic synapses count with the extremes of their range."""
    # The input of each delay is rounded down separately.
    floors = 0 if projection.weight_exp >= 0 else _synapses(projection)
    return Sums(_weight_sums(projection), 2.0**projection.weight_exp, floors)


def _weight_sums(projection: FixedProjection) -> Span:
    if projection.rule is not None:
        count = _synapses(projection)
        low, high = WEIGHT_RANGE[projection.mode]
        return Span(float(low) * count, float(high) * count)
    stored = projection.stored_weights
    if isinstance(stored, sparse.csr_array):
        return Span(np.asarray(stored.minimum(0).sum(axis=0)), np.asarray(stored.maximum(0).sum(axis=0)))
    return signed_sums(stored)


def signed_sums(weights: Any) -> Span:
    """Sums of the negative and of the positive entries of each column."""
    # From the sum and the sum of absolute values, so that no masked copies of the matrix are needed.
    total, sizes = weights.sum(axis=0, dtype=np.float64), np.abs(weights).sum(axis=0, dtype=np.float64)
    return Span((total - sizes) / 2, (total + sizes) / 2)


def _synapses(projection: FixedProjection) -> FloatArray:
    """Number of synapses of each post neuron."""
    weights = projection.weights
    if isinstance(weights, sparse.csr_array):
        return np.bincount(weights.indices, minlength=weights.shape[1]).astype(np.float64)
    return np.full(np.shape(weights)[1], float(np.shape(weights)[0]))


def arriving(
    program: FixedProgram, ending: Iterable[FixedProjection], n: int, payloads: Payloads, held: Held
) -> tuple[Span, Span]:
    """Bounds of the input of each of `n` neurons in one step, and of the largest sum of one projection before its shift."""
    found, unshifted = Span(np.zeros(n), np.zeros(n)), Span(np.zeros(n), np.zeros(n))
    for projection in ending:
        (sums, factor, floors), payload = held(projection), payload_span(program, projection, payloads)
        worst = Span(sums.low * payload.high + sums.high * payload.low, sums.high * payload.high + sums.low * payload.low)
        found = found.plus(Span(worst.low * factor - floors, worst.high * factor))
        unshifted = Span(np.minimum(unshifted.low, worst.low), np.maximum(unshifted.high, worst.high))
    return found, unshifted


def geometric(kept: Any, steps: float) -> Any:
    """Sum of `steps` equal additions of 1, if the fraction `kept` of the sum remains from step to step."""
    kept = np.asarray(kept, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(kept < 1, (1 - kept**steps) / (1 - kept), steps)


def _summed(drive: Span, kept: Any, steps: float) -> Span:
    often = geometric(kept, steps)
    with np.errstate(invalid="ignore"):
        low = np.where(np.asarray(drive.low) < 0, drive.low * often, 0.0)
        return Span(low, np.where(np.asarray(drive.high) > 0, drive.high * often, 0.0))


def horizon(neuron: ProgramNeuron, steps: float = np.inf) -> float:
    """Number of steps in which u and v can build up: those of the run, or until the neuron resets itself."""
    name = neuron.step.reach.horizon if neuron.step.reach else ""
    return min(steps, max(float(np.max(neuron.values[name])), 1.0)) if name else steps


def reached(
    program: FixedProgram, population: FixedPopulation, payloads: Payloads, steps: float = np.inf, start: Span = REST,
    held: Held = described,
) -> list[tuple[Membrane, Reach]]:  # fmt: skip
    """Bounds of each membrane of `population`, in a run of `steps` steps that begins with u and v within `start`.

    A run may also begin with the initial states of the population.
    The list is empty if it is not known how far the states of these neurons can get.
    """
    known, most = population.neuron.step.reach, max((float(np.abs(x).max()) for x in population.initial.values()), default=0.0)
    start = Span(min(start.low, -most), max(start.high, most))
    membranes = known.membranes if known else ()
    return [(m, _reach(program, population, m, k == 0, payloads, steps, start, held)) for k, m in enumerate(membranes)]


def _reach(
    program: FixedProgram, population: FixedPopulation, membrane: Membrane, has_threshold: bool, payloads: Payloads,
    steps: float, start: Span, held: Held,
) -> Reach:  # fmt: skip
    neuron, values = population.neuron, population.neuron.values
    receptor = neuron.step.receptor_with(membrane.input)
    ending = [p for p in program.projections if (p.post, p.receptor) == (population.name, receptor)]
    arrives, unshifted = arriving(program, ending, population.n, payloads, held)
    time = horizon(neuron, steps) if has_threshold else steps
    widths = program.widths
    u = _summed(Span(arrives.low * widths.align, arrives.high * widths.align), values[membrane.current], time).plus(start)
    drive = wrapped(u, widths).plus(Span(*neuron.ends(membrane.bias)))
    if has_threshold and neuron.step.reach and neuron.step.reach.lowered:
        drive = Span(drive.low - highest_theta(neuron, widths), drive.high)
    v = _summed(drive, values[membrane.voltage], time).plus(start)
    if not has_threshold:
        return Reach(arrives, unshifted, u, drive, v, widths)
    highest = np.minimum(v.high, _before_reset(neuron, drive.high, widths) + max(start.high, 0.0))
    return Reach(arrives, unshifted, u, drive, Span(v.low, highest), widths)


def wrapped(u: Span, widths: Widths) -> Span:
    """Bounds of u after its limit: where it can wrap, it can take either sign."""
    if not widths.wraps:
        return Span(np.maximum(u.low, -widths.top), np.minimum(u.high, widths.top))
    limit = float(widths.half)
    wraps = (np.asarray(u.low) <= -limit) | (np.asarray(u.high) > limit)
    low, high = np.minimum(u.low, -limit), np.maximum(u.high, limit)
    return Span(np.where(wraps, low, u.low), np.where(wraps, high, u.high))


def highest_theta(neuron: ProgramNeuron, widths: Widths) -> Any:
    """Upper bound of theta, from a spike in every step; no spike can occur while v_th + theta is above the limit of v."""
    jump = neuron.values["theta_jump"]
    with np.errstate(invalid="ignore"):
        built_up = np.where(jump > 0, jump * geometric(neuron.values["tau_theta"], np.inf), 0.0)
    return np.minimum(built_up, widths.top + jump)


def _before_reset(neuron: ProgramNeuron, drive: Any, widths: Widths) -> Any:
    """Upper bound of v before a spike resets it: the threshold and the input of one more step."""
    threshold, upward, known = neuron.values["v_th"], np.maximum(drive, 0.0), neuron.step.reach
    assert known is not None
    if known.reset == "hard":
        return np.maximum(threshold, 0.0) + (highest_theta(neuron, widths) if known.adapts else 0.0) + upward
    # A soft reset subtracts only the threshold, so v stays bounded only if no step adds more than that.
    return np.where((known.reset == "soft") & (upward <= threshold), threshold + upward, np.inf)
