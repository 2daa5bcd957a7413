"""Hebb's rule for spikes."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def hebb(eta: Any = 0.005, tau: Any = milliseconds(20), bounds: tuple[Any, Any] | None = (0.0, None)) -> PlasticityRule:
    r"""Hebb's rule: a postsynaptic spike strengthens the synapses whose inputs were active shortly before.

    .. math::
        \Delta w = \eta x \text{ at a post spike}

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    tau : time
        Time constant of the presynaptic trace. The default is neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit. Nothing else stops the growth of w.

    Notes
    -----
    Hebb (1949), The Organization of Behavior, which gives no formula. This rule is the product of two rates: x represents
    the presynaptic rate, and the postsynaptic spikes represent the postsynaptic rate. A presynaptic spike in the same step as
    the postsynaptic one counts.
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
