"""Short-term plasticity: what a spike releases depends on the spikes before it, and is forgotten within seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.given import plain, with_unit
from neurosim.errors import NetworkError, shown
from neurosim.units import FloatArray, si


@dataclass(frozen=True)
class StepRelease:
    """`ShortTermPlasticity` in steps: each step ``x <- 1 - (1 - x) kept_x`` and ``u <- U + (u - U) kept_u``, then spikes."""

    base: float
    kept_x: float
    kept_u: float
    jump: float


@dataclass(frozen=True)
class ShortTermPlasticity(Described):
    r"""Depression and facilitation of a presynaptic neuron's synapses.

    .. math::
        \tau_d \dot x = 1 - x, \qquad \tau_f \dot u = U - u

    A spike is worth ``u x`` times its weight; then ``x`` loses ``u x``, and ``u`` gains ``f (1 - u)``. Both start at rest,
    x = 1 and u = U. All synapses of a neuron in a projection share x and u.

    Parameters
    ----------
    U : float
        Release at rest, above 0, up to 1.
    tau_d : time, optional
        Recovery from depression; without it x stays 1.
    tau_f : time, optional
        Decay of facilitation; without it u stays U.
    f : float, optional
        Facilitation by a spike, 0 to 1; U if left out, as in the original model.

    Notes
    -----
    Tsodyks, Pawelzik, Markram (1998), doi:10.1162/089976698300017502; with a separate f as in Mongillo, Barak, Tsodyks (2008),
    doi:10.1126/science.1150769, and its descendants. The spike is sent with u from before its own facilitation.
    """

    U: float
    tau_d: Any = None
    tau_f: Any = None
    f: float | None = None

    def __post_init__(self) -> None:
        if not 0 < plain("ShortTermPlasticity.U", self.U) <= 1:
            raise NetworkError(f"ShortTermPlasticity.U = {self.U!r}: expected a release above 0, up to 1.")
        if self.f is not None and not 0 <= plain("ShortTermPlasticity.f", self.f) <= 1:
            raise NetworkError(f"ShortTermPlasticity.f = {self.f!r}: expected a fraction from 0 to 1.")
        if self.tau_d is None and self.tau_f is None:
            raise NetworkError("ShortTermPlasticity: give tau_d, tau_f, or both; without them nothing changes.")
        for name in ("tau_d", "tau_f"):
            value, who = getattr(self, name), f"ShortTermPlasticity.{name}"
            if value is not None and with_unit(who, value, "second") <= 0:
                raise NetworkError(f"{who} = {shown(value)}: expected a positive time such as 200*ms.")

    @property
    def jump(self) -> float:
        """Facilitation by a spike; 0 where u stays U."""
        if self.tau_f is None:
            return 0.0
        return self.U if self.f is None else self.f

    def step(self, dt: float) -> StepRelease:
        """In steps of `dt` seconds."""
        return StepRelease(self.U, _kept(self.tau_d, dt), _kept(self.tau_f, dt), self.jump)

    def steady_state(self, rate: Any) -> FloatArray:
        """Release u x of each spike of a regular train, after many spikes.

        Parameters
        ----------
        rate : frequency
            One or several, above 0.
        """
        rates = si(rate, "hertz", "rate")
        if not (np.all(np.isfinite(rates)) and np.all(rates > 0)):
            raise NetworkError(f"steady_state: rate is {shown(rate)}; expected finite rates above 0, such as 20*Hz.")
        interval = 1.0 / rates
        e_x, e_u = (_kept(tau, interval) for tau in (self.tau_d, self.tau_f))
        u = (self.U * (1 - e_u) + self.jump * e_u) / (1 - (1 - self.jump) * e_u)
        return np.asarray(u * (1 - e_x) / (1 - (1 - u) * e_x))


def _kept(tau: Any, dt: Any) -> Any:
    """Factor kept of a deviation from rest; without a time constant nothing is ever left of it."""
    if tau is None:
        return np.zeros_like(dt) if np.ndim(dt) else 0.0
    kept = np.exp(-dt / si(tau, "second", "tau"))
    return kept if np.ndim(kept) else float(kept)
