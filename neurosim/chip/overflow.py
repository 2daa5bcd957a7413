"""Possible overflows on the chip as entries of the report: one per population and register, with the input that would cause it.

The bounds are those of `neurosim.chip.bounds`. Overflows that really occur are counted during a run, see `Recording.info`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.bounds import SUM_LIMIT, Payloads, Reach, Span, current_limit, highest_theta, reached
from neurosim.chip.report import Loss
from neurosim.program.fixed import FixedPopulation, FixedProgram
from neurosim.program.widths import Widths

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_PATIENCE = 20_000
"""Number of steps that are simulated; the longest finite time constant is 4096 steps."""
_OWN = "how far the states of an own neuron can get is not computed; a run counts how often levels and currents leave {} bits"
_UNCOUNTED = ("wide", "fraction", "whole")
_SMALLER = "make the weights smaller or fewer (scale, clip=)"


@dataclass(frozen=True)
class _Part:
    """A soma or a dendrite: its bounds, and the names of its registers."""

    where: str
    inputs: int
    reach: Reach
    scale: float
    bias: Any
    kept_u: Any
    kept_v: Any
    of: str = ""

    @property
    def widths(self) -> Widths:
        """Widths of its registers."""
        return self.reach.widths


def overflow_losses(program: FixedProgram, target: Target, payloads: Payloads) -> list[Loss]:
    """One entry of the report for each register of each population that can overflow."""
    found: list[Loss] = []
    own = _OWN.format(program.widths.state_bits)
    for population in program.populations:
        if population.neuron.is_source:
            continue
        if population.neuron.step.reach is None:
            found.append(Loss("note", population.name, "registers", 0.0, 0.0, own + _uncounted(population.neuron.step.states)))
        else:
            for part in _parts(program, population, payloads):
                found += [*_accumulator(part, target), *_sums(part), *_current(part), *_voltage(part)]
            found += _threshold(population)
    return found


def _uncounted(states: Mapping[str, str]) -> str:
    """What to add to a note about own neurons with states whose overflows no run counts."""
    found = [repr(name) for name, kind in states.items() if kind in _UNCOUNTED]
    return f"; beyond 32 bits, {', '.join(found)} would wrap, which no run counts" if found else ""


def _parts(program: FixedProgram, population: FixedPopulation, payloads: Payloads) -> Iterator[_Part]:
    neuron, name = population.neuron, population.name
    for membrane, bounds in reached(program, population, payloads):
        receptor = neuron.step.receptor_with(membrane.input)
        bias = max(neuron.ends(membrane.bias), key=lambda end: float(np.abs(end).max()))
        kept_u, kept_v = (neuron.values[parameter] for parameter in (membrane.current, membrane.voltage))
        of, inputs = f" of the {receptor}" if receptor in neuron.step.apart else "", _inputs(program, name, receptor)
        yield _Part(name, inputs, bounds, population.scale_at(receptor), bias, kept_u, kept_v, of)


def _inputs(program: FixedProgram, post: str, receptor: str) -> int:
    """Number of neurons that can send to one neuron of `post` at `receptor`."""
    return sum(p.weights.shape[0] for p in program.projections if (p.post, p.receptor) == (post, receptor))


def _worst(span: Span) -> float:
    """The bound that is furthest from 0, with its sign."""
    low, high = float(np.min(span.low)), float(np.max(span.high))
    return low if -low > high else high


def _if_all(part: _Part) -> str:
    what = "the input spikes" if part.inputs == 1 else f"all {part.inputs} inputs push in the same direction"
    return f"if {what} in every step"


def _share(limit: float, bound: float) -> str:
    return f"{100 * limit / abs(bound):.3g} % of this input is enough"


def _accumulator(part: _Part, target: Target) -> Iterator[Loss]:
    limit, worst = 2.0 ** target.limits.accumulator_bits.value, _worst(part.reach.arriving) * part.widths.align
    if part.reach.arriving.beyond(-limit / part.widths.align, limit / part.widths.align - 1):
        text = f"if all {part.inputs} inputs spike together, the dendritic accumulator overflows, which Lava does not model"
        yield _loss(part, f"dendritic accumulator{part.of}", worst, limit, f"{text}; {_SMALLER}")


def _sums(part: _Part) -> Iterator[Loss]:
    after, before = _worst(part.reach.arriving) * part.widths.align, _worst(part.reach.shifted_from)
    worst = max(after, before, key=abs)
    if abs(worst) >= SUM_LIMIT:
        text = f"{_if_all(part)}, the sum exceeds the 32 bits of Lava's integers and wraps; send smaller payloads"
        yield _loss(part, f"sum of inputs{part.of}", worst, SUM_LIMIT, text)


def _current(part: _Part) -> Iterator[Loss]:
    if part.reach.wraps:
        worst, limit = _worst(part.reach.u), current_limit(part.widths)
        what = f"wraps at +-{limit}, so its sign is inverted" if part.widths.wraps else f"saturates at +-{limit}"
        text = f"{_if_all(part)}, u grows to {worst:.3g} and {what}; "
        text += f"{_share(limit, worst)}; {_SMALLER}, or shorten tau_syn"
        yield _loss(part, f"current{part.of}", worst, limit, text)


def _voltage(part: _Part) -> Iterator[Loss]:
    if not part.reach.saturates:
        return
    worst, limit = _worst(part.reach.v), part.widths.top
    moves = f"{'falls' if worst < 0 else 'rises'} without limit" if np.isinf(worst) else f"reaches {worst:.3g}"
    text = f"{_if_all(part)}, v {moves} and saturates at {np.sign(worst) * limit:.0f}, {_soonest(part)}"
    text += "" if np.isinf(worst) else f"; {_share(limit, worst)}"
    yield _loss(part, f"voltage{part.of}", worst, limit, f"{text}; {_SMALLER}, or shorten tau_m")


def _soonest(part: _Part) -> str:
    """Text with the smallest number of steps in which v can go from rest to a limit, for the neuron with the largest input."""
    found = part.reach
    ends = [(np.argmin, found.arriving.low, found.v.low), (np.argmax, found.arriving.high, found.v.high)]
    steps = []
    for furthest, arriving, v in ends:
        if np.any(np.abs(v) > part.widths.top):
            here = int(furthest(arriving * part.widths.align + np.broadcast_to(part.bias, arriving.shape)))
            fields = (arriving, part.bias, part.kept_u, part.kept_v)
            own = (np.broadcast_to(x, arriving.shape)[here] for x in fields)
            steps.append(_steps(part.widths, *(float(x) for x in own)))
    fewest = min(steps)
    count = "a step" if fewest == 1 else f"{fewest:.3g} steps" if fewest < np.inf else "very many steps"
    return f"after {count} at the earliest"


def _steps(widths: Widths, arriving: float, bias: float, kept_u: float, kept_v: float) -> float:
    """Number of steps until v reaches a limit with the same input in every step; infinite if u and v no longer change."""
    u = v = 0.0
    for step in range(1, _PATIENCE):
        u = min(max(kept_u * u + arriving * widths.align, -current_limit(widths)), current_limit(widths))
        v = kept_v * v + u + bias
        if abs(v) > widths.top:
            return step
    left = widths.top - abs(v)
    return _PATIENCE + left / abs(u + bias) if kept_v == 1 and u + bias else np.inf


def _loss(part: _Part, field: str, worst: float, limit: float, text: str) -> Loss:
    unit = part.scale * part.widths.align
    return Loss("overflow", part.where, field, worst / unit, float(np.sign(worst)) * limit / unit, text)


def _threshold(population: FixedPopulation) -> Iterator[Loss]:
    """The entry for a threshold that spikes can raise above the limit of v."""
    neuron, widths = population.neuron, population.widths
    unit, limit = population.scale * widths.align, widths.top
    known = neuron.step.reach
    if known is None or not known.adapts:
        return
    base, jump = neuron.values["v_th"], neuron.values["theta_jump"]
    highest = float(np.max(base + highest_theta(neuron, widths)))
    if highest >= limit:
        spikes = float(np.min((limit - base) / np.maximum(jump, 1.0)))
        text = (
            f"{spikes:.4g} spikes or more in a row raise v_th + theta to {limit}, where v saturates; the neuron "
            "then stays silent until theta has decayed; make theta_jump smaller or shorten tau_theta"
        )
        yield Loss("overflow", population.name, "v_th + theta", highest / unit, limit / unit, text)
