"""Burst-dependent plasticity of BurstCCN: bursts are compared with a constant share of the events."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def burstccn_w(
    eta: Any = 3.5e-3,
    p_b: float = 0.5,
    tau_pre: Any = milliseconds(100),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
) -> PlasticityRule:
    r"""Feedforward weights of BurstCCN: up at a post burst, down at a post event by a constant baseline.

    .. math::
        \dot w = \eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    p_b : float
        Baseline of the burst probability; 0.5 in the paper's rate networks, 0.375 in the authors' spiking network.
    tau_pre : time
        Of the trace of presynaptic events; default of this package.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.

    Notes
    -----
    For a post neuron with channels "event" and "burst". The presynaptic trace takes what the projection carries: with
    ``channel="event"`` its events, as published.

    Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769.
    """
    return compared("burstccn_w", eta, p_b, tau_pre, bounds, r"\dot w = \eta (B_i - p_b E_i) \tilde E_j")


def compared(
    name: str,
    eta: Any,
    p_b: float,
    tau_pre: Any,
    bounds: tuple[Any, Any] | None,
    equation: str,
    *,
    event: str = "-eta * p_b * x",
    burst: str = "eta * x",
) -> PlasticityRule:
    """A rule that compares bursts with the share p_b of the events; `event` and `burst` are what each of them adds to w."""
    return PlasticityRule(
        name=name,
        traces={"x": pre(tau_pre)},
        on_event={"w": event},
        on_burst={"w": burst},
        parameters={"eta": eta, "p_b": p_b},
        bounds=bounds,
        paper="Greedy, Zhu, Pemberton, Mellor, Costa 2022, doi:10.48550/arXiv.2206.11769",
        equation=equation,
    )
