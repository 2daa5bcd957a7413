"""Instar rule: the weights of a neuron approach the input that makes it fire."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def instar(eta: float = 0.02, gain: Any = 1.0, tau: Any = milliseconds(20)) -> PlasticityRule:
    r"""Instar rule: at a postsynaptic spike, each weight moves towards the trace of its input.

    .. math::
        \Delta w = \eta (g x - w) \text{ at a post spike}

    Parameters
    ----------
    eta : float
        Fraction of the distance that one postsynaptic spike covers. The default is neurosim's own.
    gain : unit of the weights
        Weight that corresponds to a trace of 1. The default is neurosim's own.
    tau : time
        Time constant of the presynaptic trace. The default is neurosim's own.

    Notes
    -----
    Grossberg (1976), doi:10.1007/BF00344744, in the form for spikes: a postsynaptic spike replaces the postsynaptic
    activity. The fixed point is ``gain`` times the mean of x at postsynaptic spikes.
    """
    return PlasticityRule(
        name="instar",
        traces={"x": pre(tau)},
        on_post={"w": "eta * (gain * x - w)"},
        parameters={"eta": eta, "gain": gain},
        paper="Grossberg 1976, doi:10.1007/BF00344744",
        equation=r"\Delta w = \eta \, y \, (x - w)",
    )
