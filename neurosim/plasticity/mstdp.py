"""STDP times reward, without a memory of pairs."""

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
    r"""MSTDP: the reward of a step multiplies what STDP does in that step.

    .. math::
        \Delta w = \gamma M(t) (A_+ x \, S_{post} - A_- y \, S_{pre})

    The run is given the reward as ``signals={"M": ...}``.

    Parameters
    ----------
    eta : as the weights
        The paper's gamma; default of this package.
    a_plus, a_minus : float
        Sizes of the two halves of the window; defaults of this package.
    tau_plus, tau_minus : time
        Widths of the window; defaults of this package.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.
    m_peak : float
        Largest reward.

    Notes
    -----
    Florian (2007), doi:10.1162/neco.2007.19.6.1468; its A_- is negative, ours is a size. The paper multiplies by the reward one
    step later: shift the signal by a step. Here a pair in one step counts on both sides.
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
