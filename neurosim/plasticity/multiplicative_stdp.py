"""Pair STDP with soft bounds: changes become smaller as the weight approaches a bound."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def multiplicative_stdp(
    eta: float = 0.005,
    alpha: float = 1.05,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    w_max: Any = 1.0,
) -> PlasticityRule:
    r"""Multiplicative STDP: potentiation is proportional to the distance from ``w_max``, depression to the weight.

    .. math::
        \Delta w = \eta (w_{max} - w) e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Fraction of the distance to the upper bound that one pair covers. The default is neurosim's own.
    alpha : float
        Ratio of depression to potentiation. The default is neurosim's own.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are neurosim's own.
    w_max : unit of the weights
        Upper bound of the weights; the lower bound is 0.

    Notes
    -----
    Rubin, Lee, Sompolinsky (2001), doi:10.1103/PhysRevLett.86.364. With uncorrelated spikes, w converges to
    ``w_max / (1 + alpha * tau_minus / tau_plus)``. If both neurons spike in the same step, the pair counts in both orders. Only
    0 is a hard bound: changes towards `w_max` become smaller, and w does not exceed it while ``eta * x`` is below 1.
    """
    return PlasticityRule(
        name="multiplicative_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        on_post={"w": "eta * (w_max - w) * x"},
        on_pre={"w": "-eta * alpha * w * y"},
        parameters={"eta": eta, "alpha": alpha, "w_max": w_max},
        bounds=(0.0 * w_max, None),
        paper="Rubin, Lee, Sompolinsky 2001, doi:10.1103/PhysRevLett.86.364",
        equation=r"\Delta w = \eta (w_{max} - w) e^{-\Delta t/\tau_+}, \quad -\eta \alpha w e^{\Delta t/\tau_-}",
    )
