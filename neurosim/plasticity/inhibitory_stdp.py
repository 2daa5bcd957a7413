"""Inhibitory STDP: it drives the postsynaptic rate to a target."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import hertz, milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments
from neurosim.units import si


@checked_arguments()
def inhibitory_stdp(eta: Any = 0.01, rho_0: Any = hertz(5), tau: Any = milliseconds(20)) -> PlasticityRule:
    r"""Symmetric STDP of inhibitory synapses: spikes close in time strengthen, and single presynaptic spikes weaken.

    .. math::
        \Delta w = \eta (y - \alpha) \text{ at a pre spike}, \qquad \eta x \text{ at a post spike}, \qquad
        \alpha = 2 \rho_0 \tau

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. If it is positive, weights are at least 0. If it is negative, the rule is mirrored, for inhibition that
        is written as negative weights, which are at most 0. The default is neurosim's own.
    rho_0 : frequency
        Target rate of the postsynaptic neuron. The default is neurosim's own.
    tau : time
        Time constant of the window. The default is neurosim's own.

    Notes
    -----
    Vogels, Sprekeler, Zenke, Clopath, Gerstner (2011), doi:10.1126/science.1211095. If both neurons spike in the
    same step, the pair counts twice, because the update at each spike sees the other spike.
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
