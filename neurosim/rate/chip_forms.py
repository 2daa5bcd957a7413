"""Rules of spiking neurons that several algorithms of rates share; each runs on a chip in integers."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, post_modulator, pre


def taught(name: str, paper: str, eta: float = 2**-7, tau: Any = milliseconds(20)) -> PlasticityRule:
    """The rule of a synapse whose neuron is sent an error d: ``-eta d h``, with a trace of the presynaptic spikes for h.

    Parameters
    ----------
    name, paper : str
        Name of the rule, and its reference.
    eta : float
        Learning rate. The default is neurosim's own.
    tau : time
        Time constant of the trace. The default is neurosim's own.
    """
    return PlasticityRule(
        name=name,
        traces={"h": pre(tau)},
        modulators={"d": broadcast()},
        every={1: {"w": "-eta * d * h"}},
        parameters={"eta": eta},
        paper=paper,
        equation=r"\Delta w = -\eta \, d \, h",
    )


def noise_follower(
    name: str, paper: str, eta: float = 2**-4, alpha: float = 0.25, fast: Any = milliseconds(5), slow: Any = milliseconds(40)
) -> PlasticityRule:
    """The rule of a way down that follows the correlation of its neuron's noise with what comes back from above.

    ``eta (xi (x1 - x2) - alpha w)``: xi is by how much the postsynaptic neuron's state exceeds its probability, as
    `neurosim.neurons.StochasticUnit` supplies it. The difference of a fast and a slow trace of the presynaptic neuron is its
    activity without slow parts. A chip has few bits, so the rule acts every eight steps.

    Parameters
    ----------
    name, paper : str
        Name of the rule, and its reference.
    eta : float
        Learning rate. The default is neurosim's own.
    alpha : float
        The way down becomes the correlation over `alpha`. The default is neurosim's own.
    fast, slow : time
        Time constants of the two traces. The defaults are neurosim's own.
    """
    return PlasticityRule(
        name=name,
        traces={"x1": pre(fast), "x2": pre(slow)},
        modulators={"xi": post_modulator("error")},
        every={8: {"w": "eta * (xi * (x1 - x2) - alpha * w)"}},
        parameters={"eta": eta, "alpha": alpha},
        paper=paper,
        equation=r"\Delta w = \eta \, (\xi \, (x_1 - x_2) - \alpha w)",
    )


def error_clamped(name: str, paper: str, eta: float = 2**-7) -> PlasticityRule:
    """The rule of a unit that learns to predict the states that it is clamped to: ``eta e s``.

    Parameters
    ----------
    name, paper : str
        Name of the rule, and its reference.
    eta : float
        Learning rate. The default is neurosim's own.

    Notes
    -----
    `neurosim.StochasticUnit` supplies e, by how much its clamped state exceeds its probability; it is 0 outside the phase in
    which the unit is clamped, so that no signal of the phase is needed. s is the presynaptic spike that has just arrived.
    """
    return PlasticityRule(
        name=name,
        traces={"s": pre(decay=0.1, channel="arrival")},
        modulators={"e": post_modulator("error")},
        every={1: {"w": "eta * e * s"}},
        parameters={"eta": eta},
        paper=paper,
        equation=r"\Delta w = \eta \, (s_{post} - p_{post}) \, s_{pre}",
    )


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
