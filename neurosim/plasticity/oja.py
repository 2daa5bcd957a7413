"""Oja's rule with spikes: Hebb that keeps the norm of the weights."""

from __future__ import annotations

from typing import Any

from neurosim.checks.given import whole
from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def oja(eta: float = 0.002, norm: Any = 1.0, tau: Any = milliseconds(20), period: int = 8) -> PlasticityRule:
    r"""Oja: Hebb with a decay by the square of the output, so that the weights find the first principal component.

    .. math::
        \Delta w = \eta \, y (g x - y w) \text{ every few steps}

    Parameters
    ----------
    eta : float
        Learning rate of one update; default of this package.
    norm : as the weights
        Norm g of a neuron's weights at the fixed point, where the neuron's trace is ``w @ x / norm``; default of this package.
    tau : time
        Of both traces; default of this package.
    period : int
        Steps between two updates; default of this package. A power of two is what a chip can count.

    Notes
    -----
    Oja (1982), doi:10.1007/BF00275687, with traces of spikes for the rates. The update comes with time and not with spikes: a
    trace at the neuron's own spike is no fair sample of its rate (a regular neuron's is the same at each spike), and the norm
    would be off. Rates are not negative, so this finds the first component of the second moments, not of the covariance.
    """
    return PlasticityRule(
        name="oja",
        traces={"x": pre(tau), "y": post(tau)},
        every={whole("oja: period", period): {"w": "eta * y * (norm * x - y * w)"}},
        parameters={"eta": eta, "norm": norm},
        paper="Oja 1982, doi:10.1007/BF00275687",
        equation=r"\Delta w = \eta \, y (x - y w)",
    )
