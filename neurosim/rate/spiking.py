"""Templates of rules for spiking neurons that several algorithms of rates share."""

from __future__ import annotations

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre


def phase_signed_hebb(
    name: str, eta: float, paper: str, period: int = 8, aux: str = "", **parameters: float
) -> PlasticityRule:
    """Hebb's rule whose sign is given by the phase: the form of all algorithms that compare two settled states.

    Pass the phase to the run as ``signals={"g": ...}``: -1 at the end of the phase whose products are subtracted, +1 at the
    end of the other one, and 0 at all other times. Two projections in opposite directions with this rule keep symmetric
    weights symmetric, up to rounding.

    Parameters
    ----------
    name : str
        Name of the rule.
    eta : float
        Learning rate.
    paper : str
        Source of the algorithm.
    period : int
        Number of steps between updates; each phase lasts a multiple of it.
    aux : str
        The change of the second variable of each synapse; "" if there is none.
    **parameters
        Further parameters of this change.
    """
    return PlasticityRule(
        name=name,
        traces={"x": pre(milliseconds(20)), "y": post(milliseconds(20))},
        modulators={"g": broadcast()},
        every={period: {"w": "eta * g * x * y", **({"aux": aux} if aux else {})}},
        parameters={"eta": eta, **parameters},
        paper=paper,
        equation=r"\Delta w_{ij} = \eta \, g \, x_j \, y_i",
    )
