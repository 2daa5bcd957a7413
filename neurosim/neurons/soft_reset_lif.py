"""Leaky integrate-and-fire neuron with soft reset: a spike subtracts the threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from neurosim.neurons.base import Equations
from neurosim.neurons.lif import LIF
from neurosim.neurons.lif_steps import SOFT_RESET_STEP
from neurosim.step_language.declaration import Declaration


@dataclass(frozen=True, kw_only=True)
class SoftResetLIF(LIF):
    """LIF neuron with soft reset: if ``v >= v_th`` it spikes, and the threshold (relative to rest) is subtracted from v.

    The excess above the threshold is preserved, so the spike count follows the integrated input. Desire backpropagation uses
    this neuron. The parameters are those of `LIF`, without `v_reset`.

    Notes
    -----
    Rueckauer et al. (2017), doi:10.3389/fnins.2017.00682; Gerlinghoff et al. (2023), doi:10.1016/j.neucom.2023.126773.
    """

    paper: ClassVar[str] = "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682"
    declaration: ClassVar[Declaration] = SOFT_RESET_STEP

    def equations(self, dt: float) -> Equations:
        return replace(super().equations(dt), threshold="v >= v_th", reset="v -= v_th - v_rest")
