"""Pair STDP whose potentiation grows as a power of the weight."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def power_law_stdp(
    eta: float = 0.1,
    alpha: float = 0.11,
    mu: float = 0.4,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    w_0: Any = 1.0,
) -> PlasticityRule:
    r"""Power-law STDP: potentiation as a power of the weight, depression in proportion to it.

    .. math::
        \Delta w = \eta w_0^{1-\mu} w^\mu e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Learning rate, the paper's lambda; default as in NEST's synapse by the paper's author.
    alpha : float
        Depression over potentiation at ``w = w_0``; default of this package.
    mu : float
        Exponent; default as in NEST. A whole number makes it a polynomial, which then also runs on a chip.
    tau_plus, tau_minus : time
        Widths of the window; defaults as in NEST.
    w_0 : as the weights
        Reference weight; default of this package.

    Notes
    -----
    Morrison, Aertsen, Diesmann (2007), doi:10.1162/neco.2007.19.6.1437. Here a pair in one step counts on both sides. A weight
    of zero stays zero.
    """
    return PlasticityRule(
        name="power_law_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        on_post={"w": "eta * w_0 * (w / w_0)**mu * x"},
        on_pre={"w": "-eta * alpha * w * y"},
        parameters={"eta": eta, "alpha": alpha, "mu": mu, "w_0": w_0},
        bounds=(0.0 * w_0, None),
        paper="Morrison, Aertsen, Diesmann 2007, doi:10.1162/neco.2007.19.6.1437",
        equation=r"\Delta w = \eta w_0^{1-\mu} w^\mu e^{-\Delta t/\tau_+}, \quad -\eta \alpha w e^{\Delta t/\tau_-}",
    )
