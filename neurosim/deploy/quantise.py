"""Step program -> chip integers, in one pass that returns a new program and the list of what it changed.

Each population gets one scale (chip units a described unit). It is chosen so that the largest incoming weight uses the whole
weight field; a common weight exponent above that makes the threshold fine (`_FINE_THRESHOLD`) where nothing can overflow. A
projection with smaller weights gets a smaller exponent of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from neurosim.deploy.program import (
    ALIGN_SHIFT,
    DECAY_UNIT,
    STATE_BITS,
    FixedNeuron,
    FixedPopulation,
    FixedProgram,
    FixedProjection,
    SignMode,
    infer_sign_mode,
    store,
)
from neurosim.deploy.report import Check, Kind, Loss, QuantisationReport
from neurosim.errors import QuantisationError
from neurosim.step import Dynamics, Matrix, StepNeuron, StepPopulation, StepProgram, StepProjection
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.deploy.target import Target

_FINE_THRESHOLD = 2048
_ALIGN = 1 << ALIGN_SHIFT


@dataclass
class _Log:
    """Losses and checks, collected on the way."""

    losses: list[Loss] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def lose(self, kind: Kind, where: str, name: str, wanted: Any, got: Any, text: str) -> None:
        """Note the element that is furthest off; nothing if all are exact."""
        want, have = np.broadcast_arrays(np.asarray(wanted, np.float64), np.asarray(got, np.float64))
        worst = int(np.argmax(np.abs(want - have)))
        if want.flat[worst] != have.flat[worst]:
            self.losses.append(Loss(kind, where, name, float(want.flat[worst]), float(have.flat[worst]), text))

    def check(self, name: str, where: str, used: float, limit: float, remedy: str) -> None:
        """Note the use of a limit; raise if it is passed."""
        self.checks.append(Check(name, where, float(used), float(limit)))
        if used > limit:
            raise QuantisationError(f"{where}: {name} is {used:g}; the target allows {limit:g}. {remedy}")


def quantise(
    program: StepProgram, target: Target, *, weight_bits: int = 8, clip: float | None = None
) -> tuple[FixedProgram, QuantisationReport]:
    """`program` in the integers of `target`.

    Parameters
    ----------
    weight_bits : int
        Bits of a stored weight, 1 to the target's 8.
    clip : float, optional
        Weights beyond this size (in described units of current, after the neuron's gain) are cut off before scaling, so that
        a few large ones do not coarsen all others.

    Raises
    ------
    QuantisationError
        If something does not fit the fields of the target, named with the limit and a remedy.
    """
    if weight_bits not in range(1, target.limits.weight_bits.value + 1):
        raise QuantisationError(
            f"weight_bits = {weight_bits}; {target.name} stores 1 to {target.limits.weight_bits.value} bits a weight."
        )
    for projection in program.projections:
        if weight_bits == 1 and infer_sign_mode(projection.weights) is SignMode.MIXED:
            raise QuantisationError(f"Projection {projection.name!r}: weights of both signs need at least 2 bits, found 1.")
    if clip is not None and not 0 < clip < np.inf:
        raise QuantisationError(f"clip = {clip}: expected a positive size of weights, or nothing, which keeps all.")
    log = _Log()
    projections = [_clipped(p, clip, log) for p in program.projections]
    populations, fixed = [], []
    for population in program.populations:
        incoming = [p for p in projections if p.post == population.name]
        scale = _scale(population, incoming, target, weight_bits)
        populations.append(_population(population, scale, target, log))
        fixed += [_projection(p, scale, target, weight_bits, log) for p in incoming]
        _check_overflow(population.name, [p for p in fixed if p.post == population.name], target, log)
    order = {p.name: i for i, p in enumerate(program.projections)}
    fixed.sort(key=lambda p: order[p.name])
    integer = FixedProgram(program.name, program.dt, tuple(populations), tuple(fixed))
    return integer, QuantisationReport(target.name, tuple(log.losses), tuple(log.checks))


def _values(matrix: Matrix) -> Any:
    return matrix.data if isinstance(matrix, sparse.csr_array) else np.asarray(matrix)


def _with_values(matrix: Matrix, values: Any) -> Matrix:
    if not isinstance(matrix, sparse.csr_array):
        return np.asarray(values)
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _size(weights: Matrix) -> float:
    return float(np.abs(_values(weights)).max(initial=0.0))


def _clipped(projection: StepProjection, clip: float | None, log: _Log) -> StepProjection:
    values = _values(projection.weights)
    if clip is None or _size(projection.weights) <= clip:
        return projection
    cut = np.clip(values, -clip, clip)
    count = int((np.abs(values) > clip).sum())
    text = f"{count} of {values.size} weights lie beyond clip = {clip:g} and were cut off"
    log.lose("clip", projection.name, "weights", values, cut, text)
    return StepProjection(
        projection.name, projection.pre, projection.post,
        _with_values(projection.weights, cut), projection.delays, projection.graded,
    )  # fmt: skip


def _grid(mode: SignMode, bits: int) -> int:
    """Step between neighbouring stored weights."""
    return 1 << (8 - bits + (mode is SignMode.MIXED))


def _largest(mode: SignMode, bits: int) -> int:
    """Largest stored size that both signs reach."""
    return 256 - _grid(mode, bits)


def _scale(population: StepPopulation, incoming: Iterable[StepProjection], target: Target, bits: int) -> float:
    """Chip units of current a described unit."""
    weights = [p.weights for p in incoming if _size(p.weights) > 0]
    threshold = float(np.max(population.neuron.v_th, initial=0.0))
    if not weights:
        return _FINE_THRESHOLD / threshold if threshold > 0 else 1.0
    full = [_largest(infer_sign_mode(w), bits) / _size(w) for w in weights]
    scale = min(full)
    if threshold <= 0:
        return scale
    finest = target.limits.threshold_max.value / threshold
    worst = max(_worst_sum(w) for w in weights) * _ALIGN
    scales = [scale * 2.0**e for e in range(target.limits.weight_exponent.max + 1)]
    room = 2 ** min(target.limits.accumulator_bits.value, STATE_BITS - 1)
    fitting = [s for s in scales if s <= finest and worst * s < room]
    # A negative weight exponent floors every sum: half a unit lost at each arrival. So the weakest projection decides, too.
    fine = [s for s in fitting if s * threshold >= _FINE_THRESHOLD and s > max(full) / 2]
    return [min(scale, finest), *fitting[-1:], *fine[:1]][-1]


def _worst_sum(weights: Matrix) -> float:
    """Largest current, of either sign, that one neuron could get from a projection in one step."""
    matrix = sparse.csr_array(weights)
    return float(max(matrix.maximum(0).sum(axis=0).max(), -matrix.minimum(0).sum(axis=0).min()))


def _population(population: StepPopulation, scale: float, target: Target, log: _Log) -> FixedPopulation:
    name, neuron = population.name, population.neuron
    if neuron.dynamics is Dynamics.SOURCE:
        return FixedPopulation(name, population.n, FixedNeuron(Dynamics.SOURCE))
    mant, exp = _bias(name, neuron, scale, target, log)
    integer = FixedNeuron(
        dynamics=neuron.dynamics,
        du=_decay(name, "du", neuron.du, 1, log),
        dv=_decay(name, "dv", neuron.dv, 0, log),
        v_th=_level(name, "v_th", neuron.v_th, scale, target, log),
        bias_mant=mant,
        bias_exp=exp,
        refractory=_refractory(name, neuron, target, log),
        dtheta=_decay(name, "dtheta", neuron.dtheta, 0, log),
        theta_jump=_level(name, "theta_jump", neuron.theta_jump, scale, target, log),
        reset_interval=neuron.reset_interval,
        reset_offset=neuron.reset_offset,
    )
    return FixedPopulation(name, population.n, integer, scale=scale, v_rest=neuron.v_rest)


def _decay(where: str, name: str, value: FloatArray, offset: int, log: _Log) -> Any:
    """A 12-bit decay; `offset` is 1 for the current, whose register counts from one."""
    register = np.clip(np.round(value * DECAY_UNIT) - offset, 0, DECAY_UNIT - 1).astype(np.int64)
    effective = (register + offset) / DECAY_UNIT
    log.lose("rounding", where, name, value, effective, f"{name} is kept in steps of 1/{DECAY_UNIT}")
    return register


def _level(where: str, name: str, value: FloatArray, scale: float, target: Target, log: _Log) -> Any:
    integer = np.round(value * scale).astype(np.int64)
    limit = target.limits.threshold_max.value
    if np.any(integer):
        log.check(name, where, float(np.max(integer)), limit, f"Lower {name}, or make the weights larger.")
    if np.any(integer < 0):
        raise QuantisationError(f"{where}: {name} is below rest; the target's {name} is unsigned.")
    log.lose("rounding", where, name, value, integer / scale, f"one step of {name} is {1 / scale:.4g}")
    return integer


def _refractory(where: str, neuron: StepNeuron, target: Target, log: _Log) -> int:
    if neuron.dynamics is Dynamics.REFRACTORY_LIF:
        limit = target.limits.refractory.max
        log.check("refractory steps", where, neuron.refractory, limit, "Shorten the refractory time or lengthen dt.")
    return neuron.refractory


def _bias(where: str, neuron: StepNeuron, scale: float, target: Target, log: _Log) -> tuple[Any, Any]:
    """Mantissa and exponent of the bias, the exponent as small as the mantissa allows."""
    span, exponents = target.limits.bias_mantissa, target.limits.bias_exponent
    wanted = neuron.bias * scale * _ALIGN
    over = np.abs(wanted) / span.max
    exp = np.clip(np.ceil(np.log2(np.maximum(over, 1e-300))), exponents.min, exponents.max).astype(np.int64)
    mant = np.clip(np.round(wanted / 2.0**exp), span.min, span.max).astype(np.int64)
    effective = mant * 2.0**exp
    saturated = np.abs(wanted - effective) > 2.0**exp
    kind: Kind = "saturation" if np.any(saturated) else "rounding"
    unit = scale * _ALIGN
    log.lose(kind, where, "bias", wanted / unit, effective / unit, f"{span.max} x 2^{exponents.max} is the largest bias")
    return mant, exp


def _projection(
    projection: StepProjection, scale: float, target: Target, bits: int, log: _Log
) -> FixedProjection:
    limits = target.limits
    delay = float(np.max(projection.delays, initial=0))
    log.check("delay in steps", projection.name, delay, limits.delay_max.value, "Shorten the delay or lengthen dt.")
    mode = infer_sign_mode(projection.weights)
    wanted = _values(projection.weights) * scale
    exponent = _exponent(np.abs(wanted).max(initial=0.0), _largest(mode, bits), target)
    grid = _grid(mode, bits)
    units = np.round(wanted / 2.0**exponent / grid).astype(np.int32) * grid
    top = _largest(mode, bits)
    held = store(np.clip(units, -top, top), mode, bits)
    _report_weights(projection.name, wanted, held * 2.0**exponent, scale, log)
    return FixedProjection(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=_with_values(projection.weights, held),
        delays=projection.delays,
        weight_exp=exponent,
        sign_mode=mode,
        weight_bits=bits,
        message_bits=limits.payload_bits.value if projection.graded else 0,
    )


def _exponent(largest: float, top: int, target: Target) -> int:
    """Smallest exponent with which the largest weight fits."""
    span = target.limits.weight_exponent
    if largest <= 0:
        return 0
    return int(np.clip(np.ceil(np.log2(largest / top) - 1e-9), span.min, span.max))


def _report_weights(where: str, wanted: Any, held: Any, scale: float, log: _Log) -> None:
    error = np.abs(wanted - held)
    lost = int(((held == 0) & (wanted != 0)).sum())
    rms = float(np.sqrt(np.mean(error**2))) / scale if error.size else 0.0
    text = f"{error.size} weights, rms error {rms:.3g}, {lost} became zero"
    log.lose("rounding", where, "weights", wanted / scale, held / scale, text)


def _check_overflow(where: str, incoming: list[FixedProjection], target: Target, log: _Log) -> None:
    """Warn where the sum of all inputs could leave the accumulator or wrap the current."""
    worst = sum(_worst_sum(p.stored_weights.astype(np.float64)) * 2.0**p.weight_exp for p in incoming)
    # In units of a weight: both registers hold the sum after its shift.
    for name, register in (("dendritic accumulator", target.limits.accumulator_bits.value), ("current", STATE_BITS - 1)):
        bits = register - ALIGN_SHIFT
        if worst >= 2.0**bits:
            log.losses.append(
                Loss("saturation", where, name, worst, 2.0**bits, f"if all inputs spike together the {name} overflows")
            )
