"""Reward-modulated STDP: pairs leave a tag, a later reward turns tags into weights."""

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
    r"""R-STDP: STDP feeds an eligibility tag, and the weight moves by reward times tag.

    .. math::
        \dot c = -c/\tau_e + \mathrm{STDP}(\Delta t)\,\delta(t - t_{spike}), \qquad \dot w \propto M(t)\, c

    The run is given the reward as ``signals={"M": ...}``.

    Parameters
    ----------
    eta : float
        Weight by reward times tag, in every step. The author's program has 1 in every 10 ms, hence 0.1 a step of 1 ms.
    a_plus, a_minus : as the weights
        Tag by one pair without delay; defaults as in the author's program.
    tau_plus, tau_minus : time
        Widths of the window; defaults as in the author's program.
    tau_e : time
        How long a tag lasts; default as in the author's program. Florian's variant with a tag decays much faster.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side; 0 to 4 in the author's program.
    tag_peak : as the weights
        Largest size of a tag that matters: it sets the tag's scale on a chip.
    m_peak : float
        Largest reward.

    Notes
    -----
    Izhikevich (2007), doi:10.1093/cercor/bhl152, whose STDP counts nearest spikes only, where all pairs count here; Florian
    (2007), doi:10.1162/neco.2007.19.6.1468. The dynamics of dopamine (jumps that decay with 0.2 s in Izhikevich's program) are
    part of the signal. The tag of a pair takes part from the step after it.
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
