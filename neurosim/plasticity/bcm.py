"""BCM with spikes: a threshold between depression and potentiation that slides with the post neuron's rate."""

from __future__ import annotations

from typing import Any

from neurosim.plasticity.literals import hertz, milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import post, pre
from neurosim.plasticity.values import checked_arguments
from neurosim.units import si


@checked_arguments()
def bcm(
    eta: Any = 0.01,
    rho_0: Any = hertz(10),
    tau: Any = milliseconds(20),
    tau_theta: Any = milliseconds(1000),
    bounds: tuple[Any, Any] | None = (0.0, None),
    rho_max: Any = hertz(40),
) -> PlasticityRule:
    r"""BCM: post rates below a threshold weaken, those above strengthen, and the threshold is the square of the mean rate.

    .. math::
        \Delta w = \eta \, x \, (y^- - \theta) \text{ at a post spike}, \qquad \theta = (s^-)^2 / y_0, \qquad y_0 = \rho_0 \tau

    Here y is a fast trace of the post neuron, s a slow one with the same mean,
    and the minus is the trace from before the spike.

    Parameters
    ----------
    eta : as the weights
        Learning rate; default of this package.
    rho_0 : frequency
        Rate at which threshold and rate agree, the fixed point; default of this package.
    tau : time
        Of the pre trace and the fast post trace; default of this package.
    tau_theta : time
        Of the slow post trace; default of this package. The threshold has to follow faster than the weights change.
    bounds : (low, high) or None
        Hard limits of w, None for no limit on a side.
    rho_max : frequency
        Largest mean rate that matters: it sets the slow trace's scale on a chip.

    Notes
    -----
    Bienenstock, Cooper, Munro (1982), doi:10.1523/JNEUROSCI.02-01-00032.1982. Their threshold is
    :math:`(\bar c/c_0)^p \bar c`, a power of the *mean* activity; this is p = 1. It is not the later form with the mean of the
    square: s is linear in the spikes, and its square is the square of a mean over `tau_theta`. So the threshold grows with the
    square of the rate where the rate is steady for longer than `tau_theta` (or varies faster than that around a mean), and a
    rate that changes at the scale of `tau_theta` sees it lag. The spike that opens the update stands for one factor c, which
    makes the mean change :math:`x \, c \, (c - \theta)` for Poisson spikes; spikes that come at even distances have less than
    their mean in :math:`y^-`.
    """
    fast, slow = (float(si(time, "second", "bcm: tau, tau_theta")) for time in (tau, tau_theta))
    y_0 = float(si(rho_0, "hertz", "bcm: rho_0")) * fast
    spikes = max(1.0, float(si(rho_max, "hertz", "bcm: rho_max")) * slow)
    return PlasticityRule(
        name="bcm",
        traces={"x": pre(tau), "y": post(tau), "s": post(tau_theta, impulse=fast / slow, peak=spikes)},
        on_post={"w": "eta * x * (y - 1 - (s - jump)**2 / y_0)"},
        parameters={"eta": eta, "y_0": y_0, "jump": fast / slow},
        bounds=bounds,
        paper="Bienenstock, Cooper, Munro 1982, doi:10.1523/JNEUROSCI.02-01-00032.1982",
        equation=r"\Delta w = \eta \, x \, c \, (c - \theta), \quad \theta = \bar c^2 / c_0",
    )
