"""Hebb's rule with spikes."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def hebb(eta: Any = 0.005, tau: Any = milliseconds(20), bounds: tuple[Any, Any] | None = (0.0, None)) -> PlasticityRule:
    r"""Hebb: a post spike strengthens the inputs that were active before it.

    .. math::
        \Delta w = \eta x \text{ at a post spike}

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    tau : time
        Of the presynaptic trace; default of this package.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side. Nothing else stops its growth.

    Notes
    -----
    Hebb (1949), The Organization of Behavior, which gives no formula; this one is the product of rates, x being one and the
    post spikes the other. Here a pre spike in the step of the post spike counts.
    """
    return PlasticityRule(
        name="hebb",
        traces={"x": pre(tau)},
        on_post={"w": "eta * x"},
        parameters={"eta": eta},
        bounds=bounds,
        paper="Hebb 1949, The Organization of Behavior",
        equation=r"\Delta w = \eta \, y \, x",
    )
