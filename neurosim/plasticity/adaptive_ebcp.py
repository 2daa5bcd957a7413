"""Burst-dependent plasticity with a moving threshold: synapses strengthen if bursts become more probable than before."""

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
    r"""Burst-dependent plasticity relative to a moving average of the burst probability, with homeostasis of the event rate.

    .. math::
        \Delta w = \eta (h_i - \bar P_i) \tilde E_j \text{ at a post event}, \qquad \eta (1 + h_i) \tilde E_j \text{ at a post
        burst}, \qquad \eta c \max(0, E_{min} - \bar E_i) \text{ at a pre event}

    Without homeostasis, this is :math:`\dot w = \eta (B_i - \bar P_i E_i) \tilde E_j`, where E and B are the trains of
    postsynaptic events and bursts.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is that of the paper's network with dendritic steering; its XOR task uses 8e-3 and 4e-3, and
        its pairing protocols use 0.1.
    tau_pre : time
        Time constant of the trace of presynaptic events. The pairing protocols of the paper use 50 ms.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.
    growth : float
        Strength c of the growth at event rates below E_min; 0 switches the growth off.

    Notes
    -----
    The postsynaptic neuron needs the channels "event" and "burst", and the modulators "burst_probability", "homeostasis" and
    "growth". `neurosim.neurons.BurstAverage` computes these modulators, and sets E_min, E_max and the time constant of the
    averages. The presynaptic trace follows the channel that the projection carries; with ``channel="event"`` it follows
    events, as in the paper.

    Order within a step: the authors apply presynaptic events before postsynaptic ones and limit w after each. neurosim adds all
    changes and limits w once. In both, x already includes a presynaptic event of the same step, and the averages are those
    from before the event. The authors add a burst to its average first, but the update at that burst does not use this
    average.

    Growth: the equation is that of the authors' class for this rule. In their program, the class from which it inherits
    applies its own growth instead, with an average of all spikes over 30 s (as in `ebcp`). In that average, cells with a few
    events per second never fall below 2 Hz, whereas in an average over 2 s they briefly do. The networks of the authors
    therefore learn as with a `growth` of 0.

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
    """Updates at presynaptic events for growth of strength `c`, with their modulators and parameters."""
    return {"w": "eta * c * g"}, {"g": post_modulator("growth", peak=10.0)}, {"c": c}
