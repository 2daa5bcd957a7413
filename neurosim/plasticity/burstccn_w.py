"""Burst-dependent plasticity of BurstCCN: bursts are compared with a constant fraction of the events."""

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
    r"""BurstCCN: feedforward weights grow at a postsynaptic burst, and shrink at an event by a constant baseline.

    .. math::
        \dot w = \eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    p_b : float
        Baseline of the burst probability: 0.5 in the rate networks of the paper, 0.375 in the spiking network of the authors.
    tau_pre : time
        Time constant of the trace of presynaptic events. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    The postsynaptic neuron needs the channels "event" and "burst". The presynaptic trace follows the channel that the
    projection carries; with ``channel="event"`` it follows events, as in the paper.

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
    """Rule that compares bursts with the fraction p_b of the events; `event` and `burst` are the changes of w at each."""
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
