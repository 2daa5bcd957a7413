"""STDP of Diehl and Cook: a postsynaptic spike strengthens recently active inputs and weakens the others."""

from __future__ import annotations

from typing import Any

from neurosim.checks.given import plain
from neurosim.errors import NetworkError
from neurosim.plasticity.literals import milliseconds
from neurosim.plasticity.normalise import normalise
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import pre
from neurosim.plasticity.values import checked_arguments


@checked_arguments()
def diehl_cook(
    eta: Any = 0.01, x_tar: float = 0.4, mu: int = 1, tau: Any = milliseconds(20), w_max: Any = 1.0, total: Any = None
) -> PlasticityRule:
    r"""STDP of Diehl and Cook: a postsynaptic spike strengthens inputs with a trace above a target, and weakens others.

    .. math::
        \Delta w = \eta (x - x_{tar}) (w_{max} - w)^\mu \text{ at a post spike}

    Parameters
    ----------
    eta : float
        Learning rate; with ``mu = 0`` it has the unit of the weights. The default is neurosim's own.
    x_tar : float
        Target of the presynaptic trace; an input is strengthened if its trace is above. The default is neurosim's own.
    mu : int
        Exponent of the soft upper bound: 0, 1, 2, ... 8. The default is neurosim's own.
    tau : time
        Time constant of the presynaptic trace. The default is neurosim's own.
    w_max : unit of the weights
        Upper bound of the weights; it is a hard bound if ``mu = 0``. The lower bound is 0.
    total : unit of the weights, optional
        Sum to which the weights onto each neuron are scaled before each sample, by `normalise`; 78.4 ``w_max`` in the paper. By
        default, weights are not scaled: no chip can do it.

    Raises
    ------
    NetworkError
        If `mu` is not a whole number from 0 on.

    Notes
    -----
    Diehl, Cook (2015), doi:10.3389/fncom.2015.00099. For the adaptive threshold of the paper, use
    `AdaptiveLIF`. In neurosim, the trace at a postsynaptic spike includes a presynaptic spike of the same step.
    """
    if (power := plain("diehl_cook: mu", mu)) != int(power) or mu < 0:
        raise NetworkError(f"diehl_cook: mu = {mu!r}; expected 0, 1, 2, ... (otherwise the rule is not a polynomial).")
    return PlasticityRule(
        name="diehl_cook",
        traces={"x": pre(tau)},
        on_post={"w": "eta * (x - x_tar)" + (" * (w_max - w)**mu" if mu else "")},
        parameters={"eta": eta, "x_tar": x_tar, "mu": mu, "w_max": w_max},
        bounds=(0.0 * w_max, None if mu else w_max),
        normalise=None if total is None else normalise(total),
        paper="Diehl, Cook 2015, doi:10.3389/fncom.2015.00099",
        equation=r"\Delta w = \eta (x - x_{tar}) (w_{max} - w)^\mu",
    )
