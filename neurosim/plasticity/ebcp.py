"""Burst-dependent plasticity with a fixed threshold: bursts strengthen synapses, and events weaken them."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import hertz, milliseconds, seconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments
from neurosim.units import si


@checked_arguments()
def ebcp(
    eta: Any = 3.5e-3,
    p_0: float = 0.15,
    tau_pre: Any = milliseconds(100),
    r_min: Any = hertz(0.1),
    r_max: Any = hertz(20),
    tau_rate: Any = seconds(30),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
) -> PlasticityRule:
    r"""Burst-dependent plasticity relative to a fixed burst probability, with homeostasis of the spike rate.

    .. math::
        \Delta w = \eta (h - P_0) \tilde E_j \text{ at a post event}, \qquad \eta (1 + h) \tilde E_j \text{ at a post burst},
        \qquad \eta \max(0, r_{min} - r) \text{ at a pre event}, \qquad h = -\max(0, r - r_{max})

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    p_0 : float
        Burst probability at which the effects of events and bursts balance; the default is that of the authors' code.
    tau_pre : time
        Time constant of the trace of presynaptic events.
    r_min, r_max : frequency
        Postsynaptic spike rates below and above which homeostasis acts.
    tau_rate : time
        Time constant of the average spike rate r; all spikes count.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    The postsynaptic neuron needs the channels "event" and "burst". The presynaptic trace follows the channel that the
    projection carries; with ``channel="event"`` it follows events, as in the paper. r excludes the spike that triggers an
    update.

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x. This variant is in the
    code of the authors.
    """
    return PlasticityRule(
        name="ebcp",
        traces={"x": pre(tau_pre), "y": post(tau_rate, peak=600.0)},
        on_pre={"w": "eta * clip(r_min - y / T, 0, 1e9)"},
        on_event={"w": "-eta * (p_0 + clip((y - 1) / T - r_max, 0, 1e9)) * x"},
        on_burst={"w": "eta * (1 - clip((y - 1) / T - r_max, 0, 1e9)) * x"},
        parameters={
            "eta": eta,
            "p_0": p_0,
            "r_min": si(r_min, "hertz", "ebcp: r_min"),
            "r_max": si(r_max, "hertz", "ebcp: r_max"),
            "T": si(tau_rate, "second", "ebcp: tau_rate"),
        },
        bounds=bounds,
        paper="Payeur, Guerguiev, Zenke, Richards, Naud 2021, doi:10.1038/s41593-021-00857-x",
        equation=r"\Delta w = \eta (h - P_0) \tilde E_j \text{ (event)}, \quad \eta (1 + h) \tilde E_j \text{ (burst)}, "
        r"\quad \eta \max(0, r_{min} - r) \text{ (pre)}, \quad h = -\max(0, r - r_{max})",
    )
