"""Pyramidal neuron with random bursts, whose probability depends on the dendrite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import Equations
from neurosim.neurons.burst_detector import NEVER
from neurosim.neurons.pyramidal import Pyramidal
from neurosim.plasticity.literals import milliseconds, millivolts


@dataclass(frozen=True, kw_only=True)
class BurstPoisson(Pyramidal):
    r"""Pyramidal neuron in which the soma sets the time of a spike, and the dendrite the probability of a burst.

    The two compartments do not drive each other. Membranes, adaptation, threshold and synapses are those of `TwoCompartment`
    without plateau currents and without backpropagating action potential. If :math:`V_s > \theta` and the neuron is not
    refractory, it spikes: V_s = E_L, w_s += 1, theta += `theta_jump`. With probability
    :math:`f(V_d) = 1/(1 + e^{-(V_d - E_d)/D_d})` a second spike follows after `gap` plus a random time from 0 to `spread`. The
    second spike changes neither V_s nor w_s nor theta. After each of the two spikes, the neuron is refractory for the time
    `refractory`; its membranes are integrated meanwhile.

    Parameters
    ----------
    refractory : time
        Refractory time after each spike.
    gap, spread : time
        Shortest time to the second spike, and range of the random time; their sum is below `refractory`.

    Notes
    -----
    The other parameters are those of `Pyramidal` and `BurstingNeuron`, but E_d is -57 mV. The receptors are those of
    `TwoCompartment`.

    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x: the neuron of the XOR task.
    """

    no_step: ClassVar[str] = "conductances (weight times voltage), the exponential of a voltage, and division"
    units: ClassVar[Mapping[str, str]] = {**Pyramidal.units, "refractory": "second", "gap": "second", "spread": "second"}

    E_d: Any = millivolts(-57)
    refractory: Any = milliseconds(20)
    gap: Any = milliseconds(5)
    spread: Any = milliseconds(10)

    def __post_init__(self) -> None:
        super().__post_init__()
        times = self._values()
        if any(np.ndim(times[name]) for name in ("gap", "spread", "refractory")):
            raise NetworkError("BurstPoisson: gap, spread and refractory have one value each for all neurons, found an array.")
        if not (times["gap"] > 0 and times["spread"] >= 0 and times["gap"] + times["spread"] < times["refractory"]):
            given = ", ".join(f"{name} = {shown(getattr(self, name))}" for name in ("gap", "spread", "refractory"))
            raise NetworkError(f"BurstPoisson: {given}; expected 0 < gap, 0 <= spread and gap + spread < refractory.")

    def cell(self, dt: float) -> Equations:
        parameters = self.cell_parameters(dt)
        # The limit is half a step off, because the difference of two float times is compared with a whole number of steps.
        parameters |= {name: (parameters[name][0] - dt / 2, "second") for name in ("refractory", "gap")}
        return Equations(
            model=f"{self.cell_model()}\nlast_of_both : second\nsecond_at : second\nsecond_due : integer",
            threshold=f"({_FIRST}) or ({_SECOND})",
            reset=_AT_BOTH,
            parameters=parameters,
            receptors=self.receptors,
            initial={**self.cell_initial(), "last_of_both": (NEVER, "second")},
        )


_FIRST = "v_s > theta and t - last_of_both > refractory"
_SECOND = "second_due == 1 and t > second_at"
# While a second spike is due, the neuron is refractory, so a spike can only be the second one.
_AT_BOTH = """first = 1 - second_due
v_s = first*E_L + second_due*v_s
w_s += first
theta += first*theta_jump
second_due = first*int(rand() < plateau)
second_at = t + gap + rand()*spread
last_of_both = t"""
