"""Pair STDP whose weight dependence lies between additive and multiplicative."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def guetig_stdp(
    eta: float = 0.005,
    alpha: float = 1.05,
    mu: float = 0.5,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    w_max: Any = 1.0,
) -> PlasticityRule:
    r"""Nonlinear STDP: additive with ``mu = 0``, multiplicative with ``mu = 1``, intermediate between these values.

    .. math::
        \Delta w = \eta (w_{max} - w)^\mu w_{max}^{1-\mu} e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w^\mu w_{max}^{1-\mu} e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Learning rate, called lambda in the paper. The default is neurosim's own.
    alpha : float
        Ratio of depression to potentiation. The default is neurosim's own.
    mu : float
        Exponent of the weight dependence. With a whole number the rule is a polynomial, and then also runs on a chip. The
        default is neurosim's own.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are neurosim's own.
    w_max : unit of the weights
        Upper bound of the weights; 1 in the paper. The lower bound is 0.

    Notes
    -----
    Guetig, Aharonov, Rotter, Sompolinsky (2003), doi:10.1523/JNEUROSCI.23-09-03697.2003. If both neurons spike in the same
    step, the pair counts in both orders.
    """
    return PlasticityRule(
        name="guetig_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        on_post={"w": "eta * w_max * (1 - w / w_max)**mu * x"},
        on_pre={"w": "-eta * alpha * w_max * (w / w_max)**mu * y"},
        parameters={"eta": eta, "alpha": alpha, "mu": mu, "w_max": w_max},
        bounds=(0.0 * w_max, w_max),
        paper="Guetig, Aharonov, Rotter, Sompolinsky 2003, doi:10.1523/JNEUROSCI.23-09-03697.2003",
        equation=r"\Delta w = \eta (1-w)^\mu e^{-\Delta t/\tau_+}, \quad -\eta \alpha w^\mu e^{\Delta t/\tau_-}",
    )
