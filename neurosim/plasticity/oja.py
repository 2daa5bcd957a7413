"""Oja's rule for spikes: Hebbian learning that preserves the norm of the weights."""

from __future__ import annotations

from typing import Any

from neurosim.checks.given import whole
from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def oja(eta: float = 0.002, norm: Any = 1.0, tau: Any = milliseconds(20), period: int = 8) -> PlasticityRule:
    r"""Oja's rule: Hebbian learning with a decay that normalises the weights; they find the first principal component.

    .. math::
        \Delta w = \eta \, y (g x - y w) \text{ every few steps}

    Parameters
    ----------
    eta : float
        Learning rate of one update. The default is neurosim's own.
    norm : unit of the weights
        Norm g of a neuron's weights at the fixed point, if the trace of the neuron is ``w @ x / norm``. The default is
        neurosim's own.
    tau : time
        Time constant of both traces. The default is neurosim's own.
    period : int
        Number of steps from one update to the next; a chip needs a power of two. The default is neurosim's own.

    Notes
    -----
    Oja (1982), doi:10.1007/BF00275687, with traces of spikes in place of rates. Updates occur at regular times and not at
    spikes: a trace at the neuron's own spike is a biased sample of its rate (for a regular neuron, it is the same at each
    spike), and the norm would be wrong. The decay is proportional to the square of the output. Rates are not negative, so the
    rule finds the first component of the second moments, not of the covariance.
    """
    return PlasticityRule(
        name="oja",
        traces={"x": pre(tau), "y": post(tau)},
        every={whole("oja: period", period): {"w": "eta * y * (norm * x - y * w)"}},
        parameters={"eta": eta, "norm": norm},
        paper="Oja 1982, doi:10.1007/BF00275687",
        equation=r"\Delta w = \eta \, y (x - y w)",
    )
