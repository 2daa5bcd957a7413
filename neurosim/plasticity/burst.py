"""Burst-dependent plasticity against a baseline that the post neuron knows."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post_modulator, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def burst_dependent(
    eta: Any = 3.5e-3,
    tau: Any = milliseconds(100),
    bounds: tuple[Any, Any] | None = (0.0, 1.0),
    *,
    x_peak: float = 4.0,
) -> PlasticityRule:
    r"""Burst-dependent rule against the neuron's own burst baseline P.

    .. math:: \dot w = \eta\,[B(t) - P\,E(t)]\,x

    Each postsynaptic event takes eta * P * x from the weight, each burst adds eta * x. So weights grow where more of the
    events become bursts than P says, and shrink where fewer do.

    Parameters
    ----------
    eta : as the weights
        Learning rate: what a burst adds where x is 1. Defaults of `eta` and `tau` are those of the paper's figure 2e-g.
    tau : time
        Of the presynaptic trace x. Over a projection with channel "event", x is one of events.
    bounds : (low, high) or None
        Limits of the weights. On a chip the larger becomes 255.
    x_peak : float
        Largest trace that matters.

    Notes
    -----
    For neurons with the channels "event" and "burst" and the modulator "burst_probability" (`BurstLIF`).

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, equation 1. There P is the ratio of two
    averages over time.
    """
    return PlasticityRule(
        name="burst_dependent",
        traces={"x": pre(tau, peak=x_peak)},
        modulators={"P": post_modulator("burst_probability")},
        on_event={"w": "-eta * P * x"},
        on_burst={"w": "eta * x"},
        parameters={"eta": eta},
        bounds=bounds,
        paper="Payeur et al. 2021, doi:10.1038/s41593-021-00857-x",
        equation=r"\dot w_{ij} = \eta\,[B_i(t) - \bar P_i E_i(t)]\,\tilde E_j(t)",
    )


@checked_arguments()
def burst_dependent_carried(
    eta: Any, tau: Any, bounds: tuple[Any, Any] | None = None, *, x_peak: float = 4.0, centre: float = 0.0
) -> PlasticityRule:
    """`burst_dependent` whose changes gather in the tag and move into the weight at the next event of the post neuron.

    On a chip a tag moves in whole steps of w and its rest stays. So a change may be a fraction of a step, and weights are not
    rounded at random, which is the same for all synapses of a step and a noise that no learning rate removes.

    Parameters
    ----------
    eta, tau, bounds, x_peak
        As for `burst_dependent`.
    centre : float
        What x is counted from: a burst adds eta * (x - centre), so that synapses whose trace is below it change the other way.
        Where all inputs resemble each other, bursts by chance add up to weights that raise or silence the neuron for all of
        them; with a centre near the sum over inputs of the mean x squared, divided by that of the mean x, what a burst does
        cancels over all inputs.

    Notes
    -----
    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, equation 1; tag and centre are ours.
    """
    return PlasticityRule(
        name="burst_dependent_carried",
        traces={"x": pre(tau, peak=x_peak)},
        modulators={"P": post_modulator("burst_probability")},
        on_event={"w": "tag", "tag": "-eta * P * (x - centre) - tag"},
        on_burst={"tag": "eta * (x - centre)"},
        parameters={"eta": eta, "centre": centre},
        bounds=bounds,
        paper="Payeur et al. 2021, doi:10.1038/s41593-021-00857-x",
        equation=r"\dot w_{ij} = \eta\,[B_i(t) - \bar P_i E_i(t)]\,(\tilde E_j(t) - c)",
    )
