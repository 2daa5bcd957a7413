"""Pyramidal neuron that bursts when its dendrite is driven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from neurosim.neurons.base import Equations
from neurosim.neurons.burst_detector import NEVER
from neurosim.neurons.pyramidal import Pyramidal
from neurosim.plasticity.literals import milliseconds, picoamperes


@dataclass(frozen=True, kw_only=True)
class TwoCompartment(Pyramidal):
    r"""Pyramidal neuron with a soma, a dendrite, and a dendritic plateau potential that drives both.

    .. math::
        \dot V_s &= -\frac{V_s - E_L}{\tau_s} + \frac{g_s f(V_d) + b_s w_s + I_s}{C_s}
            + \frac{g_{se}(E_E - V_s) + g_{si}(E_I - V_s)}{\tau_s} \\
        \dot V_d &= -\frac{V_d - E_L}{\tau_d} + \frac{g_d f(V_d) + c_d K - a_d w_d + I_d}{C_d}
            + \frac{g_{de}(E_E - V) + g_{di}(E_I - V)}{\tau_d} \\
        \tau_{ws} \dot w_s &= -w_s, \quad \tau_{wd} \dot w_d = V_d - E_L - w_d, \quad
            \tau_\theta \dot\theta = \theta_0 - \theta, \quad f(V) = 1/(1 + e^{-(V - E_d)/D_d})

    If :math:`V_s > \theta`, the neuron spikes: V_s = E_L, w_s += 1, theta += `theta_jump`, and K = 1 for the time `bap`. K is
    the backpropagating action potential, which starts again at each spike. There is no other refractoriness. The voltage V is
    that of the soma or of the dendrite, as set by `dend_driving_force`. Membranes, theta and w_d are integrated by forward
    Euler; conductances, w_s, traces and averages decay exactly. The model is intended for steps of 0.1 ms.

    Parameters
    ----------
    g_s, g_d : ampere
        Currents of the plateau potential into the soma and into the dendrite.
    c_d : ampere
        Current of a backpropagating action potential into the dendrite.
    bap : time
        Duration of the backpropagating action potential.

    Notes
    -----
    The other parameters are those of `Pyramidal` and `BurstingNeuron`. Receptors: "soma_exc", "soma_inh", "dend_exc" and
    "dend_inh"; a weight is a conductance in units of the compartment's leak.

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, with the parameters of the authors' code.
    The model is based on the neuron of Naud, Sprekeler (2018), doi:10.1073/pnas.1720995115, in which the action potential
    reaches the dendrite 0.5 ms later.
    """

    no_step: ClassVar[str] = "conductances (weight times voltage), the exponential of a voltage, and division"
    units: ClassVar[Mapping[str, str]] = {**Pyramidal.units, "g_s": "ampere", "g_d": "ampere", "c_d": "ampere", "bap": "second"}

    g_s: Any = picoamperes(1300)
    g_d: Any = picoamperes(1200)
    c_d: Any = picoamperes(2600)
    bap: Any = milliseconds(2)

    def cell(self, dt: float) -> Equations:
        parameters = self.cell_parameters(dt)
        # Half a step is added so that rounding of times does not decide about a step that begins exactly bap after a spike.
        parameters["bap"] = (parameters["bap"][0] + dt / 2, "second")
        return Equations(
            model="\n".join([self.cell_model(" + g_s*plateau", " + g_d*plateau + c_d*reaches"), _BAP]),
            threshold="v_s > theta",
            reset="v_s = E_L\nw_s += 1\ntheta += theta_jump\nlast_action_potential = t",
            parameters=parameters,
            receptors=self.receptors,
            initial={**self.cell_initial(), "last_action_potential": (NEVER, "second")},
        )


_BAP = "last_action_potential : second\nreaches = int(t - last_action_potential < bap) : 1"
