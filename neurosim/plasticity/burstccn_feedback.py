"""Learned feedback of BurstCCN: inputs to a dendrite cancel while the layer above bursts at its baseline probability."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.burstccn_w import compared
from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def burstccn_q(
    eta: Any = 3.5e-3,
    p_b: float = 0.5,
    tau_pre: Any = milliseconds(100),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
) -> PlasticityRule:
    r"""BurstCCN: dendritic inhibition from the layer above grows if the neuron bursts more often than its baseline.

    .. math::
        \dot Q = \eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    p_b : float
        Baseline of the postsynaptic burst probability: the burst probability of a dendrite without input.
    tau_pre : time
        Time constant of the trace of presynaptic events. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of Q; None for a side without a limit.

    Notes
    -----
    Use this rule for a projection with ``channel="event"`` from the layer above to an inhibitory receptor of the dendrite, such
    as "dend_inh", where Q is positive. If Q is a negative weight (`BurstLIF`), use `burstccn_y`. The postsynaptic neuron needs
    the channels "event" and "burst".

    The paper uses the dendritic potential u instead of ``B - p_b E``. Only the effect of u is available at a synapse:
    ``B - p_b E`` is 0 on average if u is 0, and has the sign of u otherwise.

    Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769, section 3.
    """
    return compared("burstccn_q", eta, p_b, tau_pre, bounds, r"\dot Q = \eta (B_i - p_b E_i) \tilde E_j")


@checked_arguments()
def burstccn_y(
    eta: Any = 3.5e-3,
    p_b: float = 0.5,
    tau_pre: Any = milliseconds(100),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
) -> PlasticityRule:
    r"""BurstCCN: dendritic excitation from the layer above shrinks if the neuron bursts more often than its baseline.

    .. math::
        \dot Y = -\eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    p_b : float
        Baseline of the postsynaptic burst probability: the burst probability of a dendrite without input.
    tau_pre : time
        Time constant of the presynaptic trace. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of Y; None for a side without a limit.

    Notes
    -----
    This rule is the alternative to learning Q: the excitation Y, which carries bursts, learns to cancel the inhibition Q. The
    trace follows the channel that the projection carries. The paper uses the events of the presynaptic neuron, and bursts are
    the fraction p_b of these events. The same rule applies to Q if Q is a negative weight.

    Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769. The remark on u in
    `burstccn_q` also applies here.
    """
    equation = r"\dot Y = -\eta (B_i - p_b E_i) \tilde E_j"
    return compared("burstccn_y", eta, p_b, tau_pre, bounds, equation, event="eta * p_b * x", burst="-eta * x")
