"""Feedback of BurstCCN that learns: nothing arrives at a dendrite while the cells above burst as their baseline says."""

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
    r"""Inhibition of dendrites by events of the layer above: grows where the post neuron bursts more than its baseline.

    .. math::
        \dot Q = \eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    p_b : float
        Baseline of the post neuron's burst probability, that of a dendrite to which nothing comes.
    tau_pre : time
        Of the trace of presynaptic events; default of this package.
    bounds : (low, high) or None
        Hard limits of Q, None for no limit on a side.

    Notes
    -----
    For a projection with ``channel="event"`` from the layer above that ends at an inhibitory receptor of the dendrite, such as
    "dend_inh", where Q is positive. Where Q is a negative weight (`BurstLIF`), take `burstccn_y`. For post neurons with
    channels "event" and "burst".

    Published is the dendritic potential u in place of ``B - p_b E``. A synapse sees what u does: 0 on average where u is 0,
    and of its sign.

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
    r"""Excitation of dendrites by the layer above: shrinks where the post neuron bursts more than its baseline.

    .. math::
        \dot Y = -\eta (B_i - p_b E_i) \tilde E_j

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    p_b : float
        Baseline of the post neuron's burst probability, that of a dendrite to which nothing comes.
    tau_pre : time
        Of the trace of what the projection carries; default of this package.
    bounds : (low, high) or None
        Hard limits of Y, None for no limit on a side.

    Notes
    -----
    The alternative to learning Q: Y, which carries bursts, learns to bring what Q takes away. Its trace takes what the
    projection carries; published are the events of the pre neuron, of which bursts are the share p_b. The rule is also that
    of Q where Q is a negative weight.

    Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769; the remark on u at `burstccn_q` holds here.
    """
    equation = r"\dot Y = -\eta (B_i - p_b E_i) \tilde E_j"
    return compared("burstccn_y", eta, p_b, tau_pre, bounds, equation, event="eta * p_b * x", burst="-eta * x")
