"""Pair STDP of nearest neighbours: only the last spike of the other neuron counts."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def nearest_neighbour_stdp(
    a_plus: Any = 0.005,
    a_minus: Any = 0.00525,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    bounds: tuple[Any, Any] | None = (0.0, None),
) -> PlasticityRule:
    r"""Nearest-neighbour pair STDP (symmetric scheme): each spike pairs with the last spike of the other neuron only.

    .. math::
        x \leftarrow 1 \text{ at a pre spike}, \quad \Delta w = A_+ x \text{ at a post spike}; \qquad
        y \leftarrow 1 \text{ at a post spike}, \quad \Delta w = -A_- y \text{ at a pre spike}

    Parameters
    ----------
    a_plus, a_minus : unit of the weights
        Change of the weight by one pair with zero time difference. The defaults are neurosim's own.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression. The defaults are neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    This is the symmetric nearest-neighbour scheme of Morrison, Diesmann, Gerstner (2008), doi:10.1007/s00422-008-0233-1. If
    both neurons spike in the same step, the pair counts in both orders, and earlier neighbours have no effect.
    """
    return PlasticityRule(
        name="nearest_neighbour_stdp",
        traces={"x": pre(tau_plus, mode="overwrite", peak=1.0), "y": post(tau_minus, mode="overwrite", peak=1.0)},
        on_post={"w": "a_plus * x"},
        on_pre={"w": "-a_minus * y"},
        parameters={"a_plus": a_plus, "a_minus": a_minus},
        bounds=bounds,
        paper="Morrison, Diesmann, Gerstner 2008, doi:10.1007/s00422-008-0233-1",
        equation=r"\Delta w = A_+ e^{-(t_{post} - t_{pre}^{last})/\tau_+}, \quad -A_- e^{-(t_{pre} - t_{post}^{last})/\tau_-}",
    )
