"""Reward-modulated STDP: pairs of spikes change a tag, and a later reward changes weights in proportion to their tags."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre, synaptic
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def reward_stdp(
    eta: float = 0.1,
    a_plus: Any = 0.1,
    a_minus: Any = 0.15,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    tau_e: Any = milliseconds(1000),
    bounds: tuple[Any, Any] | None = (0.0, None),
    tag_peak: Any = 1.0,
    m_peak: float = 1.0,
) -> PlasticityRule:
    r"""Reward-modulated STDP (R-STDP): STDP changes an eligibility tag, and weights change by reward times tag.

    .. math::
        \dot c = -c/\tau_e + \mathrm{STDP}(\Delta t)\,\delta(t - t_{spike}), \qquad \dot w \propto M(t)\, c

    Pass the reward to the run as ``signals={"M": ...}``.

    Parameters
    ----------
    eta : float
        Learning rate: the change of the weight per step is eta times reward times tag. Izhikevich's program adds reward times
        tag once every 10 ms, which is 0.1 per step of 1 ms.
    a_plus, a_minus : unit of the weights
        Change of the tag by one pair with zero time difference. The defaults are those of Izhikevich's program.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are those of Izhikevich's program.
    tau_e : time
        Time constant of the tag. The default is that of Izhikevich's program; in Florian's variant with a tag, the tag decays
        much faster.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit. Izhikevich's program uses 0 to 4.
    tag_peak : unit of the weights
        Largest size of the tag that has to be represented; it sets the scale of the tag on a chip.
    m_peak : float
        Largest size of the reward.

    Notes
    -----
    Izhikevich (2007), doi:10.1093/cercor/bhl152; Florian (2007), doi:10.1162/neco.2007.19.6.1468. In Izhikevich's program only
    the nearest spikes form pairs; here all pairs count. The dynamics of dopamine (jumps that decay with 0.2 s in Izhikevich's
    program) are part of the signal. The tag of a pair acts from the next step on.
    """
    return PlasticityRule(
        name="reward_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus), "tag": synaptic(tau_e, peak=tag_peak)},
        modulators={"M": broadcast(peak=m_peak)},
        on_post={"tag": "a_plus * x"},
        on_pre={"tag": "-a_minus * y"},
        every={1: {"w": "eta * M * tag"}},
        parameters={"eta": eta, "a_plus": a_plus, "a_minus": a_minus},
        bounds=bounds,
        paper="Izhikevich 2007, doi:10.1093/cercor/bhl152",
        equation=r"\dot c = -c/\tau_e + \mathrm{STDP}(\Delta t)\,\delta(t - t_{spike}), \quad \dot w \propto M(t)\, c",
    )
