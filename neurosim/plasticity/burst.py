"""Burst-dependent plasticity relative to a baseline that the postsynaptic neuron supplies."""

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
    r"""Burst-dependent plasticity relative to P, the baseline burst probability of the postsynaptic neuron.

    .. math:: \dot w = \eta\,[B(t) - P\,E(t)]\,x

    Each postsynaptic event reduces the weight by eta * P * x, and each burst increases it by eta * x. Weights therefore grow
    if the fraction of events that become bursts is above P, and shrink if it is below P.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate: the weight that a burst adds if x is 1. The defaults of `eta` and `tau` are those of figure 2e-g in the
        paper.
    tau : time
        Time constant of the presynaptic trace x. If the projection carries channel "event", x is a trace of events.
    bounds : (low, high) or None
        Limits of the weights; None for a side without a limit. On a chip, the larger one becomes 255.
    x_peak : float
        Largest trace value that has to be represented; it sets the scale of the trace on a chip.

    Notes
    -----
    The postsynaptic neuron needs the channels "event" and "burst" and the modulator "burst_probability", as `BurstLIF` has.

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, equation 1. In the paper, P is the
    ratio of two averages over time.
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
    """Burst-dependent plasticity that collects changes in the tag and adds the tag to the weight at the next event.

    The next event is that of the postsynaptic neuron. On a chip, the tag moves into the weight in whole steps of the weight,
    and the remainder stays in the tag. A change can therefore be smaller than one step, and the weights need no stochastic
    rounding. A chip rounds all synapses of a step with the same random number, which adds a noise that no learning rate
    removes.

    Parameters
    ----------
    eta, tau, bounds, x_peak
        The same as in `burst_dependent`.
    centre : float
        Value that is subtracted from x: a burst adds eta * (x - centre), so synapses with a smaller trace change in the
        opposite direction. If all inputs are similar, random bursts otherwise accumulate in weights that excite or silence the
        neuron for all inputs. To cancel this effect, set the centre near the ratio of two sums over inputs: that of the square
        of the mean x, and that of the mean x.

    Notes
    -----
    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, equation 1. The tag and the centre
    are additions of neurosim.
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
