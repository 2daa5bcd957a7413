"""Pair STDP with additive potentiation and proportional depression: stable without an upper bound."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def van_rossum_stdp(
    a_plus: Any = 0.005,
    a_minus: float = 0.01,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
) -> PlasticityRule:
    r"""STDP of van Rossum: potentiation by a constant amount, and depression in proportion to the weight.

    .. math::
        \Delta w = c_p e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad -c_d w e^{\Delta t/\tau_-} \; (\Delta t < 0)

    Parameters
    ----------
    a_plus : unit of the weights
        Change by potentiation, called c_p in the paper. The default is neurosim's own.
    a_minus : float
        Fraction of w lost by depression, called c_d in the paper. The default is neurosim's own.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are neurosim's own.

    Notes
    -----
    van Rossum, Bi, Turrigiano (2000), doi:10.1523/JNEUROSCI.20-23-08812.2000, without the noise of its updates. With
    uncorrelated spikes, w converges to ``a_plus * tau_plus / (a_minus * tau_minus)``. If both neurons spike in the same step,
    the pair counts in both orders.
    """
    return PlasticityRule(
        name="van_rossum_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        on_post={"w": "a_plus * x"},
        on_pre={"w": "-a_minus * w * y"},
        parameters={"a_plus": a_plus, "a_minus": a_minus},
        bounds=(0.0 * a_plus, None),
        paper="van Rossum, Bi, Turrigiano 2000, doi:10.1523/JNEUROSCI.20-23-08812.2000",
        equation=r"\Delta w = c_p e^{-\Delta t/\tau_+}, \quad -c_d w e^{\Delta t/\tau_-}",
    )
