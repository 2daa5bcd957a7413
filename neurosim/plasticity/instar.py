"""Instar: the weights of a neuron become the input that makes it fire."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def instar(eta: float = 0.02, gain: Any = 1.0, tau: Any = milliseconds(20)) -> PlasticityRule:
    r"""Instar: at a post spike, a weight moves towards its input's trace.

    .. math::
        \Delta w = \eta (g x - w) \text{ at a post spike}

    Parameters
    ----------
    eta : float
        Fraction of the way by one post spike; default of this package.
    gain : as the weights
        Weight that stands for a trace of 1; default of this package.
    tau : time
        Of the presynaptic trace; default of this package.

    Notes
    -----
    Grossberg (1976), doi:10.1007/BF00344744, in the form with spikes: a post spike takes the place of the post activity.
    The fixed point is ``gain`` times the mean of x at post spikes.
    """
    return PlasticityRule(
        name="instar",
        traces={"x": pre(tau)},
        on_post={"w": "eta * (gain * x - w)"},
        parameters={"eta": eta, "gain": gain},
        paper="Grossberg 1976, doi:10.1007/BF00344744",
        equation=r"\Delta w = \eta \, y \, (x - w)",
    )
