"""A cell that repeats given spikes and sorts them into events and bursts: pairing protocols need no more of a neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from neurosim.neurons.base import Equations
from neurosim.neurons.bursting import BurstingNeuron


@dataclass(frozen=True, kw_only=True)
class BurstParrot(BurstingNeuron):
    """Spikes one step after a spike arrives at receptor "repeated", whose weights are 1, and has events, bursts and averages.

    What arrives at receptor "default" adds up in `g` and does nothing else: a synapse there learns from given spikes.

    Parameters
    ----------
    detector, average
        As of `BurstingNeuron`.
    """

    paper: ClassVar[str] = "Payeur et al. 2021, doi:10.1038/s41593-021-00857-x"
    no_step: ClassVar[str] = "division (the average of bursts by that of events)"

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"default": "1", "repeated": "1"}

    @property
    def cell_variables(self) -> tuple[str, ...]:
        return ("g",)

    def cell(self, dt: float) -> Equations:
        return Equations(
            model="arrived : 1\ng : 1",
            threshold="arrived > 0.5",
            reset="arrived = 0",
            receptors={"default": "g", "repeated": "arrived"},
        )
