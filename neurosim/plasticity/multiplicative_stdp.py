"""Pair STDP with soft bounds: steps shrink towards the bound they go to."""

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
    r"""Multiplicative STDP: a weight gains in proportion to what it lacks and loses in proportion to what it has.

    .. math::
        \Delta w = \eta (w_{max} - w) e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Fraction of the way to the bound by one pair; default of this package.
    alpha : float
        Depression over potentiation; default of this package.
    tau_plus, tau_minus : time
        Widths of the window; defaults of this package.
    w_max : as the weights
        Upper bound; the lower one is 0.

    Notes
    -----
    Rubin, Lee, Sompolinsky (2001), doi:10.1103/PhysRevLett.86.364. Uncorrelated spikes bring w to
    ``w_max / (1 + alpha * tau_minus / tau_plus)``. Here a pair in one step counts on both sides. Only 0 is a hard bound:
    steps towards `w_max` get smaller, and do not pass it while ``eta * x`` is below 1.
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
