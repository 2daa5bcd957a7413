"""Event-driven contrastive divergence: symmetric STDP whose sign depends on the phase."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def ecd(eta: Any = 0.01, tau: Any = milliseconds(20), bounds: tuple[Any, Any] | None = None) -> PlasticityRule:
    r"""Event-driven contrastive divergence (eCD): the phase, data or reconstruction, sets the sign of symmetric STDP.

    .. math::
        \Delta w = \eta \, g(t) (x \, S_{post} + y \, S_{pre})

    Pass the phase to the run as ``signals={"g": ...}``. In the data phase g is +1, and near spikes strengthen synapses.
    In the reconstruction phase g is -1, and they weaken it. While the network settles, g is 0.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    tau : time
        Time constant of the window. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    Neftci, Das, Pedroni, Kreutz-Delgado, Cauwenberghs (2014), doi:10.3389/fnins.2013.00272. For symmetric weights,
    use two projections that both have this rule. If both neurons spike in the same step, the pair counts twice, because the
    update at each spike sees the other spike.
    """
    return PlasticityRule(
        name="ecd",
        traces={"x": pre(tau), "y": post(tau)},
        modulators={"g": broadcast()},
        on_post={"w": "eta * g * x"},
        on_pre={"w": "eta * g * y"},
        parameters={"eta": eta},
        bounds=bounds,
        paper="Neftci, Das, Pedroni, Kreutz-Delgado, Cauwenberghs 2014, doi:10.3389/fnins.2013.00272",
        equation=r"\Delta w = \eta \, g(t) (x S_{post} + y S_{pre})",
    )
