"""White noise on states of neurons: a normal number per step and neuron, whose size is declared per square root of time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, UnitError, shown, unknown_name
from neurosim.neurons.base import Equations, StepDecay
from neurosim.units import FloatArray, si

_ROOT = "second**0.5"


def sigma(value: Any, unit: str, who: str) -> FloatArray:
    """Size of a noise in SI, one number or one per neuron.

    Raises
    ------
    NetworkError, UnitError
        If it is not in `unit` per square root of a second, or not finite numbers of zero or more.
    """
    try:
        found = si(value, f"{unit}/{_ROOT}", who)
    except UnitError:
        shown_unit = "1" if unit == "1" else unit
        raise UnitError(f"{who} = {shown(value)}; expected {shown_unit}/sqrt(second), such as 2*mV/ms**0.5.") from None
    if not np.all(np.isfinite(found) & (found >= 0)):
        raise NetworkError(f"{who} = {shown(value)}; expected finite numbers of zero or more.")
    return found


def check_noise_of(given: Any, known: Collection[str], kind: str) -> None:
    """Raise NetworkError unless `given` is a mapping from some of the variables `known`."""
    if not isinstance(given, Mapping):
        raise NetworkError(f"{kind}.noise = {shown(given)}; expected a mapping such as {{'v': 2*mV/ms**0.5}}.")
    for variable in given:
        if variable not in known:
            raise NetworkError(f"{kind}.noise: " + unknown_name("variable", str(variable), known))


def kept_share(tau: Any, kept: FloatArray, dt: float) -> FloatArray:
    """Standard deviation that a noise of 1 has left after a step in which its variable decays to `kept` of its value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = -np.log(kept) / dt if isinstance(tau, StepDecay) else 1 / si(tau, "second", "tau")
        spread = np.sqrt((1 - kept**2) / (2 * rate))
    return np.asarray(np.where(rate > 0, spread, np.sqrt(dt)))


def with_white_noise(cell: Equations, sizes: Mapping[str, tuple[FloatArray, str]], held: Collection[str] = ()) -> Equations:
    """The equations with a normal number of a size (SI, unit) that is added to each variable, after each step.

    Parameters
    ----------
    held : collection of str
        Variables that do not change while a neuron is refractory.
    """
    if not sizes:
        return cell
    own = {f"noise_of_{name}": size for name, size in sizes.items()}
    lines = [f"{v} += noise_of_{v}*randn(){'*int(not_refractory)' if v in held else ''}" for v in sizes]
    prepare = "\n".join([*([cell.prepare] if cell.prepare else []), *lines])
    return replace(cell, parameters={**cell.parameters, **own}, prepare=prepare)


def per_step(value: Any, unit: str, dt: float, who: str) -> FloatArray:
    """Size of the sum of a white noise over a step."""
    return np.asarray(sigma(value, unit, who) * np.sqrt(dt))


