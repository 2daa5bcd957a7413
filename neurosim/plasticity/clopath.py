"""Voltage-based STDP: the voltage of the postsynaptic neuron decides between depression and potentiation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.plasticity.literals import milliseconds, millivolts, per_millivolt
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.time_step import time_step
from neurosim.plasticity.traces import post, post_state, pre
from neurosim.plasticity.values import checked_arguments

SOMATOSENSORY_CORTEX: Mapping[str, Any] = {
    "a_ltd": per_millivolt(21e-5), "a_ltp": per_millivolt(30e-5, 2), "tau_x": milliseconds(30), "tau_minus": milliseconds(6),
    "tau_plus": milliseconds(5),
}  # fmt: skip
"""Parameters for the somatosensory cortex; the defaults of `clopath` are those for the visual cortex."""


@checked_arguments()
def clopath(
    a_ltd: Any = per_millivolt(14e-5),
    a_ltp: Any = per_millivolt(8e-5, 2),
    theta_minus: Any = millivolts(-70.6),
    theta_plus: Any = millivolts(-45.3),
    tau_x: Any = milliseconds(15),
    tau_minus: Any = milliseconds(10),
    tau_plus: Any = milliseconds(7),
    delay: Any = milliseconds(3),
    bounds: tuple[Any, Any] | None = (0.0, None),
) -> PlasticityRule:
    r"""Voltage-based STDP: a presynaptic spike depresses, and a depolarised neuron potentiates what was active before.

    .. math::
        \Delta w = -A_{LTD} [\bar u_- - \theta_-]_+ \text{ at a pre spike}, \qquad
        \dot w = A_{LTP} \frac{x}{\tau_x} [u - \theta_+]_+ [\bar u_+ - \theta_-]_+

    Here u is the voltage of the postsynaptic neuron, and the other two are its low-pass filtered voltages. The postsynaptic
    neuron has to have a state v in volts, with spikes whose width the time step resolves, such as `ClopathAdEx`.

    Parameters
    ----------
    a_ltd : unit of the weights per volt
        Amplitude of depression. The default is that for the visual cortex, for weights without unit.
    a_ltp : unit of the weights per squared volt
        Amplitude of potentiation. The default is that for the visual cortex.
    theta_minus, theta_plus : volt
        Thresholds of the filtered voltages, and of the voltage. The defaults are those for the visual cortex.
    tau_x : time
        Time constant of the presynaptic trace. The default is that for the visual cortex.
    tau_minus, tau_plus : time
        Time constants of the filtered voltages of depression and of potentiation. The defaults are those for the visual cortex.
    delay : time
        How much earlier the filtered voltages read the voltage, so that they do not contain the spike that is under way. The
        default is that of the authors' code: the width of a spike and a step of 1 ms.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.

    Notes
    -----
    Clopath, Büsing, Vasilaki, Gerstner (2010), doi:10.1038/nn.2479, without the homeostatic change of A_LTD, which is slow
    compared with pairing experiments. `SOMATOSENSORY_CORTEX` in this module has the other complete parameter set.
    """
    return PlasticityRule(
        name="clopath",
        traces={
            # u is that of the step before, and so is the trace of arriving spikes.
            "x": pre(tau_x, channel="arrival"),
            "u_minus": post(tau_minus, of="v", delay=delay),
            "u_plus": post(tau_plus, of="v", delay=delay),
        },
        modulators={"u": post_state("v")},
        on_pre={"w": "-a_ltd * relu(u_minus - theta_minus)"},
        every={1: {"w": "a_ltp * x / tau_x * relu(u - theta_plus) * relu(u_plus - theta_minus) * h"}},
        parameters={
            "a_ltd": a_ltd,
            "a_ltp": a_ltp,
            "theta_minus": theta_minus,
            "theta_plus": theta_plus,
            "tau_x": tau_x,
            "h": time_step(),
        },
        bounds=bounds,
        paper="Clopath, Büsing, Vasilaki, Gerstner 2010, doi:10.1038/nn.2479",
        equation=(
            r"\Delta w = -A_{LTD} [\bar u_- - \theta_-]_+ \text{ (pre)}, \quad "
            r"\dot w = A_{LTP} \frac{x}{\tau_x} [u - \theta_+]_+ [\bar u_+ - \theta_-]_+"
        ),
    )
