"""The delta rule with spikes: a template for rules that are given an error."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def delta(
    eta: Any = 0.001,
    tau: Any = milliseconds(20),
    bounds: tuple[Any, Any] | None = None,
    m_peak: float = 1.0,
) -> PlasticityRule:
    r"""Delta rule: error of the post neuron times trace of the pre neuron, in every step.

    .. math::
        \Delta w_{ij} = \eta \, M_j \, x_i

    The run is given the error as ``signals={"M": ...}``, one value for each sample, step and post neuron.

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    tau : time
        Of the presynaptic trace; default of this package.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.
    m_peak : float
        Largest error.

    Notes
    -----
    Widrow, Hoff (1960), Adaptive switching circuits; with spikes, the form that feedback alignment and its relatives share.
    Neftci, Augustine, Paul, Detorakis (2017), doi:10.3389/fnins.2017.00324, learn at pre spikes only. The update is in every
    step and not at spikes, for an error that comes later than the spike that caused it, or to a neuron that is silent, would
    otherwise teach nothing; that costs work for all synapses in every step.
    """
    return PlasticityRule(
        name="delta",
        traces={"x": pre(tau)},
        modulators={"M": broadcast(peak=m_peak)},
        every={1: {"w": "eta * M * x"}},
        parameters={"eta": eta},
        bounds=bounds,
        paper="Widrow, Hoff 1960, Adaptive switching circuits; Neftci et al. 2017, doi:10.3389/fnins.2017.00324",
        equation=r"\Delta w_{ij} = \eta \, M_j \, x_i",
    )
