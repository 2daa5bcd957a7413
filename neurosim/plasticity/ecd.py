"""Event-driven contrastive divergence: symmetric STDP with the sign of the phase."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast, post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def ecd(eta: Any = 0.01, tau: Any = milliseconds(20), bounds: tuple[Any, Any] | None = None) -> PlasticityRule:
    r"""eCD: near spikes strengthen while data are shown (g = +1) and weaken while the network dreams (g = -1).

    .. math::
        \Delta w = \eta \, g(t) (x \, S_{post} + y \, S_{pre})

    The run is given the phase as ``signals={"g": ...}``: +1 in the data phase, -1 in the reconstruction phase, 0 while the
    network settles.

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    tau : time
        Width of the window; default of this package.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.

    Notes
    -----
    Neftci, Das, Pedroni, Kreutz-Delgado, Cauwenberghs (2014), doi:10.3389/fnins.2013.00272. Symmetric weights are two
    projections that both have this rule. Here a pair in one step counts twice: the update at each spike sees the other.
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
