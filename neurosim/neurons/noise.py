"""Poisson noise that is independent for each neuron and drawn during the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.arrays import shape_of
from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UnsupportedError, shown, unknown_name
from neurosim.neurons.base import Equations, Neuron
from neurosim.units import FloatArray, si

_NUMBERS = 2.0**32
"""Number of values of a random number."""


@dataclass(frozen=True)
class PoissonNoise(Described):
    """Poisson noise that is independent for each neuron, with a spike in a step with probability rate * dt.

    The probability is that of `PoissonInput`. Whether a spike arrives is a function of the source, the step, and a random
    number that each neuron draws at the start. It therefore does not depend on the order of the draws, and a compiler can
    compute many neurons at once.

    Parameters
    ----------
    receptor : str
        Receptor at which the spikes arrive.
    rate : hertz
        Rate: one value, or one per neuron.
    weight : quantity
        Weight of a spike, in the unit of the receptor: one value, or one per neuron.
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
        """Rate in Hz."""
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
    """Raise NetworkError unless rate and weight of each source are one value, or one per neuron."""
    for source in sources:
        for name in ("rate", "weight"):
            shape = shape_of(getattr(source, name))
            if shape not in ((), (n,)):
                raise NetworkError(f"{who}: PoissonNoise.{name} has shape {shape}; expected a single value or ({n},).")


def with_noise(cell: Equations, neuron: Neuron, sources: Sequence[PoissonNoise], dt: float) -> Equations:
    """Add the noise `sources` of `neuron` to its equations, for steps of `dt` seconds.

    Raises
    ------
    UnsupportedError
        If a rate is more than one spike per step.
    """
    active = [source for source in sources if np.any(source.hertz)]
    if not active:
        return cell
    own: dict[str, tuple[Any, str]] = {}
    for k, source in enumerate(active):
        own[f"noise_weight_{k}"] = (_weight(neuron, source) * cell.weight_scale, neuron.weight_units[source.receptor])
        own[f"noise_odds_{k}"] = (_chance(type(neuron).__name__, source.hertz, dt) * _NUMBERS, "1")
    return replace(
        cell,
        model=f"{cell.model}\nnoise_key : 1 (constant)",
        parameters={**cell.parameters, **own},
        initial={**cell.initial, "noise_key": (f"rand()*{_NUMBERS}", "1")},
        each_step="\n".join(_arrival(cell, source, k, len(active)) for k, source in enumerate(active)),
        functions=("random_bits",),
    )


def _weight(neuron: Neuron, source: PoissonNoise) -> FloatArray:
    return si(source.weight, neuron.weight_units[source.receptor], "PoissonNoise.weight")


def _chance(kind: str, rate: FloatArray, dt: float) -> FloatArray:
    """Probability of a spike in a step."""
    if np.any(rate * dt > 1):
        raise UnsupportedError(
            f"{kind}.noise: {rate.max():g} Hz at steps of {dt:g} s are {rate.max() * dt:g} spikes per step; expected at most "
            "one. Shorten dt, or use a lower rate and a larger weight."
        )
    return np.asarray(rate * dt)


def _arrival(cell: Equations, source: PoissonNoise, k: int, of: int) -> str:
    number = f"random_bits(noise_key, {of}*step_of_run + {k}, 0)"
    return f"{cell.receptors[source.receptor]} += noise_weight_{k}*int({number} < noise_odds_{k})"
