"""Inhibitory STDP: the post neuron's rate goes to a target."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import hertz, milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments
from neurosim.units import si


@checked_arguments()
def inhibitory_stdp(eta: Any = 0.01, rho_0: Any = hertz(5), tau: Any = milliseconds(20)) -> PlasticityRule:
    r"""Symmetric STDP of inhibitory synapses: near spikes strengthen, each lone pre spike weakens.

    .. math::
        \Delta w = \eta (y - \alpha) \text{ at a pre spike}, \qquad \eta x \text{ at a post spike}, \qquad
        \alpha = 2 \rho_0 \tau

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package. Above 0 it learns weights of 0 and above; below 0 the rule mirrored, for
        inhibition written as negative weights, which stay at 0 and below.
    rho_0 : frequency
        Rate of the post neuron that is aimed at; default of this package.
    tau : time
        Width of the window; default of this package.

    Notes
    -----
    Vogels, Sprekeler, Zenke, Clopath, Gerstner (2011), doi:10.1126/science.1211095. Here a pair in one step counts twice: the
    update at each spike sees the other.
    """
    aimed = float(si(rho_0, "hertz", "inhibitory_stdp: rho_0")) * float(si(tau, "second", "inhibitory_stdp: tau"))
    return PlasticityRule(
        name="inhibitory_stdp",
        traces={"x": pre(tau), "y": post(tau)},
        on_pre={"w": "eta * (y - alpha)"},
        on_post={"w": "eta * x"},
        parameters={"eta": eta, "alpha": 2 * aimed},
        bounds=(0.0 * eta, None) if eta > 0 * eta else (None, 0.0 * eta),
        paper="Vogels, Sprekeler, Zenke, Clopath, Gerstner 2011, doi:10.1126/science.1211095",
        equation=r"\Delta w = \eta (y - \alpha) \text{ (pre)}, \quad \eta x \text{ (post)}, \quad \alpha = 2 \rho_0 \tau",
    )
