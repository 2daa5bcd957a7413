"""Leaky integrate-and-fire neuron that subtracts its threshold at a spike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from neurosim.neurons.base import Equations
from neurosim.neurons.lif import LIF
from neurosim.neurons.step_form import Dynamics


@dataclass(frozen=True, kw_only=True)
class SoftResetLIF(LIF):
    """LIF that spikes where ``v >= v_th`` and then subtracts the threshold (relative to rest) instead of resetting.

    What exceeds the threshold is kept, so the spike count follows the integrated input; the neuron of desire
    backpropagation. Parameters as LIF, without `v_reset`.

    Notes
    -----
    Rueckauer et al. (2017), doi:10.3389/fnins.2017.00682; Gerlinghoff et al. (2023), doi:10.1016/j.neucom.2023.126773.
    """

    paper: ClassVar[str] = "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682"
    dynamics: ClassVar[Dynamics] = Dynamics.SOFT_RESET_LIF

    def equations(self, dt: float) -> Equations:
        return replace(super().equations(dt), threshold="v >= v_th", reset="v -= v_th - v_rest")
