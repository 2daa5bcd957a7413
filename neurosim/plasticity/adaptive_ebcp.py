"""Burst-dependent plasticity with a moving threshold: bursts strengthen where there are more of them than before."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Modulator, post_modulator, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def adaptive_ebcp(
    eta: Any = 3.5e-3,
    tau_pre: Any = milliseconds(100),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
    growth: float = 1.0,
) -> PlasticityRule:
    r"""Burst-dependent rule that compares with a moving average of the burst probability, with homeostasis by the event rate.

    .. math::
        \Delta w = \eta (h_i - \bar P_i) \tilde E_j \text{ at a post event}, \qquad \eta (1 + h_i) \tilde E_j \text{ at a post
        burst}, \qquad \eta c \max(0, E_{min} - \bar E_i) \text{ at a pre event}

    Without homeostasis :math:`\dot w = \eta (B_i - \bar P_i E_i) \tilde E_j`, with the trains of post events and bursts E, B.

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of the network with dendritic steering. The XOR task has 8e-3 and 4e-3, pairing protocols 0.1.
    tau_pre : time
        Of the trace of presynaptic events; 50 ms in the pairing protocols.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.
    growth : float
        c, how much of the growth below E_min there is; 0 for none.

    Notes
    -----
    For a post neuron that has channels "event" and "burst" and supplies "burst_probability", "homeostasis" and "growth", which
    all know E_min, E_max and the time of averaging (`neurosim.neurons.BurstAverage`). The presynaptic trace takes what the
    projection carries: with ``channel="event"`` its events, as published.

    Order in a step: the authors let presynaptic events act before postsynaptic ones and cut w after each; here all changes are
    added and w is cut once. So x has a coincident presynaptic event in it, as there. Averages are those before the event of the
    step, as there; only a burst is added to its average first there, which its own update does not read.

    Growth: the equation is that of the authors' class for this rule. In their program the class that it inherits from acts
    in its place, with an average over 30 s of all spikes (as in `ebcp`): cells of a few events a second are never below 2 Hz
    there, but for moments they are in an average over 2 s. Their networks learn as with a `growth` of 0.

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x.
    """
    on_pre, modulators, parameters = _growing(growth) if growth else ({}, {}, {})
    return PlasticityRule(
        name="adaptive_ebcp",
        traces={"x": pre(tau_pre)},
        modulators={
            "P": post_modulator("burst_probability"),
            "h": post_modulator("homeostasis"),
            **modulators,
        },
        on_pre=on_pre,
        on_event={"w": "eta * (h - P) * x"},
        on_burst={"w": "eta * (1 + h) * x"},
        parameters={"eta": eta, **parameters},
        bounds=bounds,
        paper="Payeur, Guerguiev, Zenke, Richards, Naud 2021, doi:10.1038/s41593-021-00857-x",
        equation=r"\Delta w = \eta (h_i - \bar P_i) \tilde E_j \text{ (event)}, \quad \eta (1 + h_i) \tilde E_j "
        r"\text{ (burst)}, \quad \eta c \max(0, E_{min} - \bar E_i) \text{ (pre)}",
    )


def _growing(c: float) -> tuple[dict[str, str], dict[str, Modulator], dict[str, float]]:
    """What acts at presynaptic events, and the modulators and parameters in it."""
    return {"w": "eta * c * g"}, {"g": post_modulator("growth", peak=10.0)}, {"c": c}
