"""Short-term plasticity: the release at a spike depends on the preceding spikes, and recovers within seconds."""

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
    """Short-term plasticity in steps: in each step ``x <- 1 - (1 - x) kept_x`` and ``u <- U + (u - U) kept_u``, then spikes."""

    base: float
    kept_x: float
    kept_u: float
    jump: float


@dataclass(frozen=True)
class ShortTermPlasticity(Described):
    r"""Short-term depression and facilitation of the synapses of a presynaptic neuron.

    .. math::
        \tau_d \dot x = 1 - x, \qquad \tau_f \dot u = U - u

    A spike has an effect of ``u x`` times its weight. Then ``x`` decreases by ``u x``, and ``u`` increases by ``f (1 - u)``.
    Initially, x = 1 and u = U. All synapses of a neuron in a projection share x and u.

    Parameters
    ----------
    U : float
        Release at rest; above 0 and at most 1.
    tau_d : time, optional
        Time constant of the recovery from depression; by default, x stays 1.
    tau_f : time, optional
        Time constant of the decay of facilitation; by default, u stays U.
    f : float, optional
        Facilitation by a spike, from 0 to 1; U by default, as in the original model.

    Notes
    -----
    Tsodyks, Pawelzik, Markram (1998), doi:10.1162/089976698300017502; with a separate f as in Mongillo, Barak, Tsodyks (2008),
    doi:10.1126/science.1150769, and related models. A spike is transmitted with u from before its own facilitation.
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
        """Facilitation by a spike; 0 if u stays U."""
        if self.tau_f is None:
            return 0.0
        return self.U if self.f is None else self.f

    def step(self, dt: float) -> StepRelease:
        """Parameters of the short-term plasticity for steps of `dt` seconds."""
        return StepRelease(self.U, _kept(self.tau_d, dt), _kept(self.tau_f, dt), self.jump)

    def steady_state(self, rate: Any) -> FloatArray:
        """Release u x of each spike of a regular spike train, after many spikes.

        Parameters
        ----------
        rate : frequency
            One rate or several, above 0.
        """
        rates = si(rate, "hertz", "rate")
        if not (np.all(np.isfinite(rates)) and np.all(rates > 0)):
            raise NetworkError(f"steady_state: rate is {shown(rate)}; expected finite rates above 0, such as 20*Hz.")
        interval = 1.0 / rates
        e_x, e_u = (_kept(tau, interval) for tau in (self.tau_d, self.tau_f))
        u = (self.U * (1 - e_u) + self.jump * e_u) / (1 - (1 - self.jump) * e_u)
        return np.asarray(u * (1 - e_x) / (1 - (1 - u) * e_x))


def _kept(tau: Any, dt: Any) -> Any:
    """Factor by which a deviation from rest decays; 0 without a time constant."""
    if tau is None:
        return np.zeros_like(dt) if np.ndim(dt) else 0.0
    kept = np.exp(-dt / si(tau, "second", "tau"))
    return kept if np.ndim(kept) else float(kept)
