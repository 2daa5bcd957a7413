"""Private Poisson noise of each neuron, drawn while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, UnsupportedError, shown, unknown_name
from neurosim.neurons.base import Equations, Event, Neuron
from neurosim.units import FloatArray, si

_EVENT, _NEXT, _TOTAL, _WHICH = "noise", "noise_next", "noise_rate", "noise_which"
_BUSIEST = 0.5
"""Arrivals a step above which they would wait for each other."""


@dataclass(frozen=True)
class PoissonNoise:
    """A Poisson source of its own for each neuron.

    All sources of a neuron are drawn as one Poisson process of their summed rate, each arrival being one source's with the
    share of its rate: a neuron draws at arrivals only, not at every step. At most one arrival acts in a step, and another
    waits for the next; their summed rate stays below half an arrival a step.

    Parameters
    ----------
    receptor : str
        What it drives.
    rate : hertz
        One, or one a neuron.
    weight : quantity
        In the unit of the receptor; one, or one a neuron.
    """

    receptor: str
    rate: Any
    weight: Any

    def __post_init__(self) -> None:
        rate = self.hertz
        if not (np.all(np.isfinite(rate)) and np.all(rate >= 0)):
            raise NetworkError(f"PoissonNoise.rate = {shown(self.rate)}; expected finite rates of zero or more.")

    @property
    def hertz(self) -> FloatArray:
        """Its rate."""
        return si(self.rate, "hertz", "PoissonNoise.rate")


def check_noise(neuron: Neuron, sources: Any) -> None:
    """Raise NetworkError or UnitError unless `sources` are `PoissonNoise` on receptors of `neuron`."""
    who = f"{type(neuron).__name__}.noise"
    if not (isinstance(sources, Sequence) and all(isinstance(s, PoissonNoise) for s in sources)):
        raise NetworkError(f"{who} is {shown(sources)}; expected PoissonNoise(receptor, rate, weight), several in a list.")
    for source in sources:
        if source.receptor not in neuron.weight_units:
            raise NetworkError(f"{who}: " + unknown_name("receptor", source.receptor, neuron.weight_units))
        weight = si(source.weight, neuron.weight_units[source.receptor], f"{who}, weight on {source.receptor!r}")
        if not np.all(np.isfinite(weight)):
            raise NetworkError(f"{who}: weight = {shown(source.weight)} on {source.receptor!r}; expected finite weights.")


def check_noise_size(sources: Sequence[PoissonNoise], n: int, who: str) -> None:
    """Raise NetworkError unless each source has one value, or one a neuron."""
    for source in sources:
        for name in ("rate", "weight"):
            shape = np.shape(getattr(source, name))
            if shape not in ((), (n,)):
                raise NetworkError(f"{who}: PoissonNoise.{name} has shape {shape}; expected a single value or ({n},).")


def with_noise(cell: Equations, neuron: Neuron, sources: Sequence[PoissonNoise], dt: float) -> Equations:
    """`cell` with the noise of `neuron` in it, for steps of `dt` seconds.

    Raises
    ------
    UnsupportedError
        If there is more than half an arrival a step.
    """
    total = np.asarray(sum((source.hertz for source in sources), np.zeros(())))
    if not np.any(total):
        return cell
    _check_load(type(neuron).__name__, float(total.max()), dt)
    shares, weights = {}, {}
    below = np.zeros(np.shape(total))
    for k, source in enumerate(sources):
        below = below + source.hertz
        with np.errstate(invalid="ignore"):
            shares[f"noise_below_{k}"] = (np.where(total > 0, below / total, 1.0), "1")
        unit = neuron.weight_units[source.receptor]
        weights[f"noise_weight_{k}"] = (si(source.weight, unit, "PoissonNoise.weight") * cell.weight_scale, unit)
    return replace(
        cell,
        model=f"{cell.model}\n{_NEXT} : second",
        parameters={**cell.parameters, **shares, **weights, _TOTAL: (np.maximum(total, 1e-12), "hertz")},
        initial={**cell.initial, _NEXT: (f"-log(1 - rand())/{_TOTAL}", "second")},
        events={**cell.events, _EVENT: Event(f"t >= {_NEXT}", _arrival(cell, sources))},
    )


def _check_load(kind: str, rate: float, dt: float) -> None:
    if rate * dt > _BUSIEST:
        raise UnsupportedError(
            f"{kind}.noise: {rate:g} Hz in all at steps of {dt:g} s are {rate * dt:g} arrivals a step, and one step takes one; "
            f"expected up to {_BUSIEST}. Shorten dt, or make the noise a population with PoissonInput."
        )


def _arrival(cell: Equations, sources: Sequence[PoissonNoise]) -> str:
    lines = [f"{_WHICH} = rand()"]
    for k, source in enumerate(sources):
        mine = f"{_WHICH} < noise_below_{k}" + (f" and {_WHICH} >= noise_below_{k - 1}" if k else "")
        lines.append(f"{cell.receptors[source.receptor]} += noise_weight_{k}*int({mine})")
    return "\n".join([*lines, f"{_NEXT} += -log(1 - rand())/{_TOTAL}"])
