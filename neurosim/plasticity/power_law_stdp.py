"""Pair STDP in which potentiation grows with a power of the weight."""

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
    r"""Power-law STDP: potentiation is proportional to a power of the weight, depression to the weight itself.

    .. math::
        \Delta w = \eta w_0^{1-\mu} w^\mu e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -\eta \alpha w e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    eta : float
        Learning rate, called lambda in the paper. The default is that of the NEST synapse by an author of the paper.
    alpha : float
        Ratio of depression to potentiation at ``w = w_0``. The default is neurosim's own.
    mu : float
        Exponent of the weight; the default is that of NEST. With a whole number the rule is a polynomial, and then also runs
        on a chip.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are those of NEST.
    w_0 : unit of the weights
        Reference weight. The default is neurosim's own.

    Notes
    -----
    Morrison, Aertsen, Diesmann (2007), doi:10.1162/neco.2007.19.6.1437. If both neurons spike in the same
    step, the pair counts in both orders. A weight of zero stays zero.
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
