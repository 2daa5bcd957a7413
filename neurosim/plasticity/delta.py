"""Delta rule for spikes: a template for rules that receive an error as a signal."""

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
    r"""Delta rule: in every step, weights change by the postsynaptic error times the presynaptic trace.

    .. math::
        \Delta w_{ij} = \eta \, M_j \, x_i

    Pass the error to the run as ``signals={"M": ...}``, with one value per sample, step and postsynaptic neuron.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    tau : time
        Time constant of the presynaptic trace. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.
    m_peak : float
        Largest size of the error.

    Notes
    -----
    Widrow, Hoff (1960), Adaptive switching circuits. The form with spikes is the one that feedback alignment and related rules
    share. Neftci, Augustine, Paul, Detorakis (2017), doi:10.3389/fnins.2017.00324, update weights at presynaptic spikes only.

    Here, weights are updated in every step and not at spikes. Otherwise an error would have no effect if it arrived later than
    the spike that caused it, or if the neuron was silent. The price is that all synapses are computed in every step.
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
