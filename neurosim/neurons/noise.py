"""Private Poisson noise of each neuron, drawn while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, UnsupportedError, shown, unknown_name
from neurosim.neurons.base import Equations, Event, Neuron
from neurosim.units import FloatArray, si

_EVENT, _NEXT, _LOG = "noise", "noise_next", "noise_log"


@dataclass(frozen=True)
class PoissonNoise:
    """A Poisson source of its own for each neuron: an arrival in a step with probability rate * dt, as `PoissonInput` has it.

    All sources of a neuron are drawn together, and only where something arrives: the gap to the next step with an arrival is
    geometric, and which sources it comes from is drawn there, given that there is one.

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
        If a rate is more than one arrival a step.
    """
    active = [source for source in sources if np.any(source.hertz)]
    if not active:
        return cell
    chances = [_chance(type(neuron).__name__, source.hertz, dt) for source in active]
    weights = {
        f"noise_weight_{k}": (_weight(neuron, source) * cell.weight_scale, neuron.weight_units[source.receptor])
        for k, source in enumerate(active)
    }
    return replace(
        cell,
        model=f"{cell.model}\n{_NEXT} : second",
        parameters={**cell.parameters, **weights, **_odds(chances)},
        initial={**cell.initial, _NEXT: (f"(floor(log(1 - rand())/{_LOG}) - 0.5)*dt", "second")},
        events={**cell.events, _EVENT: Event(f"t > {_NEXT}", _arrival(cell, active))},
    )


def _weight(neuron: Neuron, source: PoissonNoise) -> FloatArray:
    return si(source.weight, neuron.weight_units[source.receptor], "PoissonNoise.weight")


def _chance(kind: str, rate: FloatArray, dt: float) -> FloatArray:
    """Of an arrival in a step."""
    if np.any(rate * dt > 1):
        raise UnsupportedError(
            f"{kind}.noise: {rate.max():g} Hz at steps of {dt:g} s are {rate.max() * dt:g} arrivals a step; expected up to "
            "one. Shorten dt, or take a lower rate and more weight."
        )
    return np.asarray(rate * dt)


def _odds(chances: Sequence[FloatArray]) -> dict[str, tuple[Any, str]]:
    """Probability of each source where another one arrives, and where none before it does; log of that of none."""
    out: dict[str, tuple[Any, str]] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        none = np.zeros(())
        for k in reversed(range(len(chances))):
            none = none + np.log1p(-chances[k])
            first = np.where(none < 0, chances[k] / -np.expm1(none), 0.0)
            out |= {f"noise_chance_{k}": (chances[k], "1"), f"noise_first_{k}": (first, "1")}
    return {**out, _LOG: (np.minimum(none, -1e-300), "1")}


def _arrival(cell: Equations, sources: Sequence[PoissonNoise]) -> str:
    lines: list[str] = []
    here: list[str] = []
    for k, source in enumerate(sources):
        any_before = f"int({' + '.join(here)} > 0)" if here else "0"
        odds = f"noise_first_{k} + {any_before}*(noise_chance_{k} - noise_first_{k})"
        here.append(f"noise_here_{k}")
        lines.append(f"{here[k]} = int(rand() < {odds})")
        lines.append(f"{cell.receptors[source.receptor]} += noise_weight_{k}*{here[k]}")
    # Half a step off: the difference of two float times is compared with a whole number of steps.
    return "\n".join([*lines, f"{_NEXT} = t + (floor(log(1 - rand())/{_LOG}) + 0.5)*dt"])
