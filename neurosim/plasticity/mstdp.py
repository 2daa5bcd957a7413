"""STDP times reward, without an eligibility trace."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def mstdp(
    eta: Any = 0.01,
    a_plus: float = 1.0,
    a_minus: float = 1.0,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    bounds: tuple[Any, Any] | None = (0.0, None),
    m_peak: float = 1.0,
) -> PlasticityRule:
    r"""Reward-modulated STDP without a tag (MSTDP): the reward of a step multiplies the STDP change of that step.

    .. math::
        \Delta w = \gamma M(t) (A_+ x \, S_{post} - A_- y \, S_{pre})

    Pass the reward to the run as ``signals={"M": ...}``.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate, called gamma in the paper. The default is neurosim's own.
    a_plus, a_minus : float
        Sizes of the two halves of the STDP window: potentiation and depression. The defaults are neurosim's own.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.
    m_peak : float
        Largest size of the reward.

    Notes
    -----
    Florian (2007), doi:10.1162/neco.2007.19.6.1468; A_- is negative in the paper; here it is positive. The paper multiplies
    by the reward of the next step; to do the same, shift the signal by one step. If both neurons spike in the same step, the
    pair counts in both orders.
    """
    return PlasticityRule(
        name="mstdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        modulators={"M": broadcast(peak=m_peak)},
        on_post={"w": "eta * a_plus * M * x"},
        on_pre={"w": "-eta * a_minus * M * y"},
        parameters={"eta": eta, "a_plus": a_plus, "a_minus": a_minus},
        bounds=bounds,
        paper="Florian 2007, doi:10.1162/neco.2007.19.6.1468",
        equation=r"\Delta w = \gamma M(t) (A_+ x S_{post} - A_- y S_{pre})",
    )
