"""BCM rule for spikes: the threshold between depression and potentiation slides with the postsynaptic rate."""

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
    r"""BCM rule: postsynaptic rates above a sliding threshold strengthen synapses, and rates below it weaken them.

    .. math::
        \Delta w = \eta \, x \, (y^- - \theta) \text{ at a post spike}, \qquad \theta = (s^-)^2 / y_0, \qquad y_0 = \rho_0 \tau

    The threshold is proportional to the square of the mean postsynaptic rate. y is a fast trace of the postsynaptic neuron, s
    is a slow trace with the same mean, and the minus denotes the trace from before the spike.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate. The default is neurosim's own.
    rho_0 : frequency
        Postsynaptic rate that equals its own threshold: the fixed point. The default is neurosim's own.
    tau : time
        Time constant of the presynaptic trace and of the fast postsynaptic trace. The default is neurosim's own.
    tau_theta : time
        Time constant of the slow postsynaptic trace. The threshold has to follow faster than the weights change. The default is
        neurosim's own.
    bounds : (low, high) or None
        Hard limits of w; None for a side without a limit.
    rho_max : frequency
        Largest mean rate that the slow trace has to represent; it sets the scale of that trace on a chip.

    Notes
    -----
    Bienenstock, Cooper, Munro (1982), doi:10.1523/JNEUROSCI.02-01-00032.1982. Their threshold is
    :math:`(\bar c/c_0)^p \bar c`, a power of the *mean* activity; this rule has p = 1. It differs from the later form, which
    uses the mean of the squared activity: s is linear in the spikes, and its square is the square of a mean over `tau_theta`.
    The threshold therefore grows with the square of the rate if the rate is constant for longer than `tau_theta` (or varies
    around a mean faster than that). If the rate changes on the time scale of `tau_theta`, the threshold lags behind it.

    The spike that triggers the update represents one factor c, so that the mean change is :math:`x \, c \, (c - \theta)` for
    Poisson spikes. For regular spikes, :math:`y^-` is below its mean.
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
