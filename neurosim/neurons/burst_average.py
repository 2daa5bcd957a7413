"""Moving averages of a neuron's events and bursts, and the third factors that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import check_tau
from neurosim.neurons.exponential import euler_tau
from neurosim.neurons.timed import Timed
from neurosim.plasticity.literals import hertz, seconds
from neurosim.units import FloatArray, si

MODULATORS = ("burst_probability", "event_rate", "homeostasis", "growth", "gate")


@dataclass(frozen=True)
class BurstAverage(Described):
    r"""Moving averages of events and bursts, and the third factors that plasticity rules derive from them.

    .. math::
        \tau_\alpha \dot{\bar E} = -\bar E + \textstyle\sum \delta(t - t_{event}), \qquad
        \tau_\alpha \dot{\bar B} = -\bar B + \textstyle\sum \delta(t - t_{burst}), \qquad
        \bar P = \min(1, \bar B / \bar E)

    The third factors are plain numbers, and have their values from before the events of a step:

    * "burst_probability": :math:`\bar P`; 1 until the first event.
    * "event_rate": :math:`\bar E` in Hz.
    * "homeostasis": :math:`-(\bar E - E_{max})/\bar E` above `E_max`, else 0.
    * "growth": :math:`E_{min} - \bar E` in Hz below `E_min`, else 0.
    * "gate": the value of `gate`, for rules that learn only at certain times (`neurosim.plasticity.gated`).

    Parameters
    ----------
    alpha : time
        Time constant of both averages.
    E_min, E_max : frequency
        Event rates below and above which homeostasis acts.
    start_events, start_bursts : frequency
        Averages of the event rate and of the burst rate at time zero.
    gate : float or Timed
        Third factor "gate", which the experiment sets.

    Notes
    -----
    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x.
    """

    probability_line: ClassVar[str] = "burst_probability = clip((burst_trace + 1e-12)/(event_trace + 1e-12), 0, 1) : 1"

    alpha: Any = seconds(5)
    E_min: Any = hertz(2)
    E_max: Any = hertz(12)
    start_events: Any = hertz(0)
    start_bursts: Any = hertz(0)
    gate: Any = 1.0

    def __post_init__(self) -> None:
        kind = type(self).__name__
        check_tau(self.alpha, f"{kind}.alpha", per_step=False)
        for name in ("E_min", "E_max", "start_events", "start_bursts"):
            rate = self._rate(name)
            if not (np.all(np.isfinite(rate)) and np.all(rate >= 0)):
                raise NetworkError(f"{kind}.{name} = {shown(getattr(self, name))}; expected finite rates of zero or more.")
        low, high = self._rate("E_min"), self._rate("E_max")
        if low.ndim and high.ndim and low.shape != high.shape:
            raise NetworkError(f"{kind}: E_min has shape {low.shape}, and E_max {high.shape}; expected one per neuron in both.")
        if np.any(low > high):
            raise NetworkError(f"{kind}: E_min = {shown(self.E_min)} is above E_max = {shown(self.E_max)}; swap them.")
        self._gate()

    def _gate(self) -> Any:
        who = f"{type(self).__name__}.gate"
        if isinstance(self.gate, Timed):
            self.gate.rows("1", who)
            return self.gate
        value = si(self.gate, "1", who)
        if not np.all(np.isfinite(value)):
            raise NetworkError(f"{who} = {shown(self.gate)}; expected finite numbers, or Timed ones.")
        return value

    def _rate(self, name: str) -> FloatArray:
        return si(getattr(self, name), "hertz", f"{type(self).__name__}.{name}")

    @property
    def model(self) -> str:
        """Equations for Brian2, integrated by forward Euler."""
        return "\n".join(
            [
                "devent_trace/dt = -event_trace/average_tau : 1",
                "dburst_trace/dt = -burst_trace/average_tau : 1",
                self.probability_line,
                "event_rate = event_trace/average_seconds : 1",
                "homeostasis = clip(E_max/(event_rate + 1e-12) - 1, -1, 0) : 1",
                "growth = clip(E_min - event_rate, 0, E_min) : 1",
                "gate = gate_value : 1",
            ]
        )

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the parameters by name, for steps of `dt` seconds."""
        return {
            "average_tau": (euler_tau(self.alpha, dt), "second"),
            "average_seconds": (si(self.alpha, "second", "alpha"), "1"),
            "E_min": (self._rate("E_min"), "1"),
            "E_max": (self._rate("E_max"), "1"),
            "gate_value": (self._gate(), "1"),
        }

    @property
    def initial(self) -> Mapping[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the variables at time zero, by name."""
        alpha = si(self.alpha, "second", "alpha")
        return {f"{kind}_trace": (self._rate(f"start_{kind}s") * alpha, "1") for kind in ("event", "burst")}


@dataclass(frozen=True)
class ConstantBaseline(BurstAverage):
    """Moving averages as in `BurstAverage`, but with a constant "burst_probability".

    Parameters
    ----------
    probability : float
        Baseline with which the burst probability is compared.

    Notes
    -----
    Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769.
    """

    probability_line: ClassVar[str] = "burst_probability = baseline : 1"

    probability: Any = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        number = si(self.probability, "1", "ConstantBaseline.probability")
        if not np.all((number >= 0) & (number <= 1)):
            raise NetworkError(f"ConstantBaseline.probability = {shown(self.probability)}; expected probabilities from 0 to 1.")

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        return {**super().parameters(dt), "baseline": (np.asarray(self.probability, np.float64), "1")}
