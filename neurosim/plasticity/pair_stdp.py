"""Additive pair STDP: every pair of spikes counts, independently of the weight."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def pair_stdp(
    a_plus: Any = 0.005,
    a_minus: Any = 0.00525,
    tau_plus: Any = milliseconds(20),
    tau_minus: Any = milliseconds(20),
    bounds: tuple[Any, Any] | None = (0.0, None),
) -> PlasticityRule:
    r"""Additive pair STDP: pre before post strengthens a synapse, post before pre weakens it, and all pairs add up.

    .. math::
        \Delta w = \sum_{pairs} A_+ e^{-\Delta t/\tau_+} \; (\Delta t > 0), \qquad
        -A_- e^{\Delta t/\tau_-} \; (\Delta t < 0), \qquad \Delta t = t_{post} - t_{pre}

    Parameters
    ----------
    a_plus, a_minus : unit of the weights
        Change of the weight by one pair with zero time difference. The paper gives them as fractions of the largest weight:
        0.005, and 1.05 times 0.005.
    tau_plus, tau_minus : time
        Time constants of the STDP window: potentiation and depression.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit. The rule of the paper needs an upper limit, the largest weight:
        ``(0, 1)``.

    Notes
    -----
    Song, Miller, Abbott (2000), doi:10.1038/78829. If both neurons spike in the same step (:math:`\Delta t = 0`), the
    pair counts in both orders, and the change is ``a_plus - a_minus``.
    """
    return PlasticityRule(
        name="pair_stdp",
        traces={"x": pre(tau_plus), "y": post(tau_minus)},
        on_post={"w": "a_plus * x"},
        on_pre={"w": "-a_minus * y"},
        parameters={"a_plus": a_plus, "a_minus": a_minus},
        bounds=bounds,
        paper="Song, Miller, Abbott 2000, doi:10.1038/78829",
        equation=r"\Delta w = A_+ e^{-\Delta t/\tau_+} \;(\Delta t > 0), \quad -A_- e^{\Delta t/\tau_-} \;(\Delta t < 0)",
    )
