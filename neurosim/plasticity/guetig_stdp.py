"""Pair STDP between additive and multiplicative."""

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
    r"""Nonlinear STDP: additive at ``mu = 0``, multiplicative at ``mu = 1``, and what lies between.

    .. math::
        \Delta w = \eta (w_{max} - w)^\mu w_{max}^{1-\mu} e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w^\mu w_{max}^{1-\mu} e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Learning rate, the paper's lambda; default of this package.
    alpha : float
        Depression over potentiation; default of this package.
    mu : float
        How far from additive; default of this package. A whole number makes it a polynomial, which then also runs on a chip.
    tau_plus, tau_minus : time
        Widths of the window; defaults of this package.
    w_max : as the weights
        Upper bound; 1 in the paper. The lower one is 0.

    Notes
    -----
    Guetig, Aharonov, Rotter, Sompolinsky (2003), doi:10.1523/JNEUROSCI.23-09-03697.2003. Here a pair in one step counts on both
    sides.
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
