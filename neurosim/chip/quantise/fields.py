"""Conversion of the numbers of a step program to the fields of a chip, and the list of what this changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.report import Check, Kind, Loss
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target



@dataclass
class Log:
    """Collector of losses and checks during quantisation; `dt` is the time step in seconds."""

    dt: float
    losses: list[Loss] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    exceeded: list[str] = field(default_factory=list)

    def lose(self, kind: Kind, where: str, name: str, wanted: Any, got: Any, text: str) -> None:
        """Add an entry for the element with the largest error; none if all are exact or there are no elements."""
        want, have = np.broadcast_arrays(np.asarray(wanted, np.float64), np.asarray(got, np.float64))
        if not want.size:
            return
        worst = int(np.argmax(np.abs(want - have)))
        if want.flat[worst] != have.flat[worst]:
            self.losses.append(Loss(kind, where, name, float(want.flat[worst]), float(have.flat[worst]), text))

    def check(self, name: str, where: str, used: float, limit: float, remedy: str) -> None:
        """Add the use of a limit; `finish` raises an error if it is exceeded."""
        self.checks.append(Check(name, where, float(used), float(limit)))
        if used > limit:
            self.exceeded.append(f"{where}: {name} is {used:g}; the target allows {limit:g}. {remedy}")

    def finish(self) -> None:
        """Raise one QuantisationError that names all limits that are exceeded."""
        if self.exceeded:
            raise QuantisationError(" ".join(self.exceeded))


def decay_field(where: str, name: str, value: FloatArray, offset: int, target: Target, log: Log) -> Any:
    """The decay that the chip stores, in 12 bits on Loihi; `offset` is 1 for the current, whose field counts from one.

    Raises
    ------
    UnsupportedError
        If states of the chip cannot decay, and this one should.
    """
    unit = target.limits.widths.decay_unit
    register = np.clip(np.round(value * unit) - offset, 0, unit - 1).astype(np.int64)
    effective = (register + offset) / unit
    if unit == 1 and np.any(value != effective):
        stays = "stays for one step" if offset else "keeps its value"
        raise UnsupportedError(
            f"{where}: {name} decays, but {target.title} has no decay: this state {stays}. Use "
            f"{'tau_syn=None' if offset else 'per_step(1)'}."
        )
    slow = (np.asarray(value) > 0) & (np.round(value * unit) < 1)
    if np.any(slow):
        described, got = np.where(slow, value, 0.0), np.where(slow, effective, 0.0)
        text = no_decay(log.dt, unit) if offset == 0 else f"it decays too fast: {slowest(log.dt, unit)}"
        log.lose("saturation", where, name, described, got, text)
    text = f"{name} is stored in steps of 1/{unit}"
    log.lose("rounding", where, name, np.where(slow, effective, value), effective, text)
    return effective


def slowest(dt: float, unit: int) -> str:
    """Text with the smallest decay of a chip, 1/`unit` per step, and its time constant."""
    return f"the smallest decay on the chip is 1/{unit} per step, a time constant of {unit * dt:.3g} s"


def no_decay(dt: float, unit: int) -> str:
    """Text for a decay that became 0, with the remedy."""
    return f"it does not decay at all: {slowest(dt, unit)}; shorten the time constant or lengthen dt"


def level_field(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> Any:
    """Integers of a level above rest, such as a threshold, before the shift to the units of the state."""
    integer = np.round(value * scale).astype(np.int64)
    limit = target.limits.threshold_max.value
    if np.any(integer):
        log.check(name, where, float(np.max(integer)), limit, f"Lower {name}, or make the weights larger.")
    if np.any(integer < 0):
        raise QuantisationError(f"{where}: {name} is below rest, but it is unsigned on the target; raise it, or lower v_rest.")
    log.lose("rounding", where, name, value, integer / scale, f"{name} is stored in steps of {1 / scale:.4g}")
    return integer


def bias_fields(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> tuple[Any, Any]:
    """Mantissa and exponent of the bias, the exponent as small as the mantissa allows."""
    span, exponents = target.limits.bias_mantissa, target.limits.bias_exponent
    unit = scale * target.limits.widths.align
    wanted = value * unit
    if span.max == 0:
        return _no_bias(where, name, wanted, target)
    over = np.abs(wanted) / span.max
    exp = np.clip(np.ceil(np.log2(np.maximum(over, 1e-300))), exponents.min, exponents.max).astype(np.int64)
    mant = np.clip(np.round(wanted / 2.0**exp), span.min, span.max).astype(np.int64)
    effective = mant * 2.0**exp
    saturated = np.abs(wanted - effective) > 2.0**exp
    kind: Kind = "saturation" if np.any(saturated) else "rounding"
    text = f"{name} is stored as a mantissa of at most {span.max} times a power of two of at most 2^{exponents.max}"
    if kind == "saturation":
        text += "; what is larger is cut to that: lower it, or deploy with smaller scales="
    log.lose(kind, where, name, wanted / unit, effective / unit, text)
    return mant, exp


def _no_bias(where: str, name: str, wanted: FloatArray, target: Target) -> tuple[Any, Any]:
    if np.any(wanted != 0):
        raise UnsupportedError(f"{where}: {target.title} has no bias, found {name}; leave it out, or send spikes instead.")
    nothing = np.zeros(np.shape(wanted), np.int64)
    return nothing, nothing
