"""Triplet STDP: the effect of a pair depends on the preceding spike, and therefore on the firing rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Trace, post, pre
from neurosim.plasticity.values import checked_arguments

_PAIR = {"tau_plus": milliseconds(16.8), "tau_minus": milliseconds(33.7)}

VISUAL_CORTEX: Mapping[str, Any] = {
    **_PAIR, "a2_plus": 5e-10, "a3_plus": 6.2e-3, "a2_minus": 7e-3, "a3_minus": 2.3e-4,
    "tau_x": milliseconds(101), "tau_y": milliseconds(125),
}  # fmt: skip
"""Parameters of the full all-to-all model, fitted to the visual cortex."""

VISUAL_CORTEX_MINIMAL: Mapping[str, Any] = {
    **_PAIR, "a2_plus": 0.0, "a3_plus": 6.5e-3, "a2_minus": 7.1e-3, "a3_minus": 0.0, "tau_y": milliseconds(114),
}  # fmt: skip
"""Parameters of the minimal all-to-all model, fitted to the visual cortex."""

HIPPOCAMPUS: Mapping[str, Any] = {
    **_PAIR, "a2_plus": 6.1e-3, "a3_plus": 6.7e-3, "a2_minus": 1.6e-3, "a3_minus": 1.4e-3,
    "tau_x": milliseconds(946), "tau_y": milliseconds(27),
}  # fmt: skip
"""Parameters of the full all-to-all model, fitted to hippocampal cultures."""

HIPPOCAMPUS_MINIMAL: Mapping[str, Any] = {
    **_PAIR, "a2_plus": 5.3e-3, "a3_plus": 8e-3, "a2_minus": 3.5e-3, "a3_minus": 0.0, "tau_y": milliseconds(40),
}  # fmt: skip
"""Parameters of the minimal all-to-all model, fitted to hippocampal cultures."""


@checked_arguments()
def triplet_stdp(
    a2_plus: Any = 0.0,
    a3_plus: Any = 6.5e-3,
    a2_minus: Any = 7.1e-3,
    a3_minus: Any = 0.0,
    tau_plus: Any = milliseconds(16.8),
    tau_minus: Any = milliseconds(33.7),
    tau_x: Any = milliseconds(101),
    tau_y: Any = milliseconds(114),
    bounds: tuple[Any, Any] | None = (0.0, None),
) -> PlasticityRule:
    r"""Triplet STDP: potentiation grows with the postsynaptic rate, depression with the presynaptic rate.

    .. math::
        \Delta w = r_1 (A_2^+ + A_3^+ o_2(t - \epsilon)) \text{ at a post spike}, \qquad
        -o_1 (A_2^- + A_3^- r_2(t - \epsilon)) \text{ at a pre spike}

    This module defines three more parameter sets: `VISUAL_CORTEX`, `HIPPOCAMPUS` and `HIPPOCAMPUS_MINIMAL`. Use them as
    ``triplet_stdp(**HIPPOCAMPUS)``.

    Parameters
    ----------
    a2_plus, a2_minus : unit of the weights
        Change of the weight by a pair. The defaults are the minimal all-to-all model for the visual cortex
        (`VISUAL_CORTEX_MINIMAL`).
    a3_plus, a3_minus : unit of the weights
        Change of the weight by a triplet. A term of size 0 is left out, and with it a trace that no other term needs.
    tau_plus, tau_minus : time
        Time constants of the fast traces r_1 and o_1.
    tau_x, tau_y : time
        Time constants of the slow traces r_2 and o_2. `tau_x` has an effect only if `a3_minus` is not 0.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    Pfister, Gerstner (2006), doi:10.1523/JNEUROSCI.1425-06.2006. Slow traces are those from before the spike, which is why
    the update contains ``o2 - 1``. Fast traces include the spikes of the step: if both neurons spike in the same step, the pair
    counts in both orders.
    """
    used: dict[str, tuple[Trace, bool]] = {
        "r1": (pre(tau_plus), bool(a2_plus) or bool(a3_plus)),
        "o2": (post(tau_y, peak=8.0), bool(a3_plus)),
        "o1": (post(tau_minus), bool(a2_minus) or bool(a3_minus)),
        "r2": (pre(tau_x, peak=8.0), bool(a3_minus)),
    }
    amplitudes = {"a2_plus": a2_plus, "a3_plus": a3_plus, "a2_minus": a2_minus, "a3_minus": a3_minus}
    up = _sum({"a2_plus * r1": a2_plus, "a3_plus * r1 * (o2 - 1)": a3_plus})
    down = _sum({"-a2_minus * o1": a2_minus, "-a3_minus * o1 * (r2 - 1)": a3_minus})
    return PlasticityRule(
        name="triplet_stdp",
        traces={name: trace for name, (trace, wanted) in used.items() if wanted},
        on_post={"w": up} if up else {},
        on_pre={"w": down} if down else {},
        parameters={name: value for name, value in amplitudes.items() if value},
        bounds=bounds,
        paper="Pfister, Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006",
        equation=r"\Delta w = r_1 (A_2^+ + A_3^+ o_2(t-\epsilon)), \quad -o_1 (A_2^- + A_3^- r_2(t-\epsilon))",
    )


def _sum(terms: Mapping[str, Any]) -> str:
    """Sum of the terms whose amplitude is not zero."""
    return " + ".join(text for text, amplitude in terms.items() if amplitude).replace("+ -", "- ")
