"""Post-only STDP of Diehl and Cook: at a post spike, inputs that were active gain and the others lose."""

from __future__ import annotations

from typing import Any

from neurosim.checks.given import plain
from neurosim.errors import NetworkError
from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def diehl_cook(
    eta: Any = 0.01, x_tar: float = 0.4, mu: int = 1, tau: Any = milliseconds(20), w_max: Any = 1.0
) -> PlasticityRule:
    r"""Post-only STDP with a target for the presynaptic trace.

    .. math::
        \Delta w = \eta (x - x_{tar}) (w_{max} - w)^\mu \text{ at a post spike}

    Parameters
    ----------
    eta : float
        Learning rate; default of this package. With ``mu = 0`` in the unit of the weights.
    x_tar : float
        Trace above which an input gains; default of this package.
    mu : int
        Exponent of the soft upper bound: 0, 1, 2, ... 8; default of this package.
    tau : time
        Of the presynaptic trace; default of this package.
    w_max : as the weights
        Upper bound; a hard one with ``mu = 0``. The lower one is 0.

    Notes
    -----
    Diehl, Cook (2015), doi:10.3389/fncom.2015.00099. The adaptive threshold that goes with it is `AdaptiveLIF`; the paper's
    normalisation of weights needs a sum over a row and is no part of the rule. Here the trace at a post spike holds a pre spike
    of the same step.
    """
    if (power := plain("diehl_cook: mu", mu)) != int(power) or mu < 0:
        raise NetworkError(f"diehl_cook: mu = {mu!r}; expected 0, 1, 2, ... (otherwise the rule is no polynomial).")
    return PlasticityRule(
        name="diehl_cook",
        traces={"x": pre(tau)},
        on_post={"w": "eta * (x - x_tar)" + (" * (w_max - w)**mu" if mu else "")},
        parameters={"eta": eta, "x_tar": x_tar, "mu": mu, "w_max": w_max},
        bounds=(0.0 * w_max, None if mu else w_max),
        paper="Diehl, Cook 2015, doi:10.3389/fncom.2015.00099",
        equation=r"\Delta w = \eta (x - x_{tar}) (w_{max} - w)^\mu",
    )
