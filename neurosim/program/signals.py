"""Third factors of a run: signals given by name become one array per plastic projection, checked once for all executions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from neurosim.checks.given import plain_array
from neurosim.errors import NetworkError, unknown_name
from neurosim.units import FloatArray


class Listener(NamedTuple):
    """A plastic projection and the third factors that it needs, each with its largest size."""

    projection: str
    n_post: int
    modulators: Mapping[str, float]


def complete_signals(
    listeners: Iterable[Listener], samples: int, steps: int, signals: Mapping[str, Any]
) -> dict[tuple[str, str], FloatArray]:
    """Signals of every plastic projection: (projection, modulator) -> values (samples, steps, 1 or n_post).

    Parameters
    ----------
    listeners : iterable of Listener
        The plastic projections and the third factors that they need.
    signals : mapping
        Modulator, or "projection.modulator", -> a number for the whole run, or an array: (steps,) for one sample,
        (samples, steps), or (samples, steps, n_post).

    Raises
    ------
    NetworkError
        If a signal is missing, unknown, of the wrong shape, not finite, or larger than its modulator's peak.
    """
    wanted = [(place.projection, name, place.n_post, peak) for place in listeners for name, peak in place.modulators.items()]
    known = {name for _, name, _, _ in wanted} | {f"{projection}.{name}" for projection, name, _, _ in wanted}
    for name in signals:
        if name not in known:
            raise NetworkError("signals: " + unknown_name("modulator", name, known))
    out = {}
    for projection, name, n_post, peak in wanted:
        given = signals.get(f"{projection}.{name}", signals.get(name))
        who = f"Projection {projection!r}, third factor {name!r}"
        if given is None:
            how = f"signals={{{name!r}: number, or array (samples, steps)}}, or on the command line --signal {name}=1"
            raise NetworkError(f"{who}: no signal was given; pass {how}.")
        out[projection, name] = _checked(who, given, (samples, steps, n_post), peak)
    return out


def _checked(who: str, given: Any, shape: tuple[int, int, int], peak: float) -> FloatArray:
    samples, steps, n_post = shape
    values = plain_array(f"{who}: signal", given)
    if values.ndim == 0:
        values = np.full((samples, steps), float(values))
    if samples == 1 and values.shape in ((steps,), (steps, 1), (steps, n_post)):
        values = values[None]
    if values.shape == (samples, steps):
        values = values[:, :, None]
    if values.shape not in (shape, (samples, steps, 1)):
        raise NetworkError(
            f"{who}: signal has shape {np.shape(given)}; expected (samples, steps) = ({samples}, {steps}) "
            f"or (samples, steps, n_post) = {shape}."
        )
    if not np.all(np.isfinite(values)):
        raise NetworkError(f"{who}: the signal contains NaN or infinite values; expected finite numbers.")
    largest = float(np.abs(values).max(initial=0.0))
    if largest > peak:
        text = f"the signal reaches {largest:g}, above its peak of {peak:g}"
        raise NetworkError(f"{who}: {text}; declare broadcast(peak={largest:g}).")
    return values
