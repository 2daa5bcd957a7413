"""Neuron that repeats given spikes and classifies them as events and bursts, for pairing protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from neurosim.neurons.base import Equations
from neurosim.neurons.bursting import BurstingNeuron


@dataclass(frozen=True, kw_only=True)
class BurstParrot(BurstingNeuron):
    """Parrot neuron that repeats given spikes one step later, with events, bursts and their averages.

    It spikes one step after a spike arrives at receptor "repeated", where weights have to be 1. Input at receptor "default" is
    added to `g` and has no other effect, so that a plastic synapse there learns from given spikes.

    Parameters
    ----------
    detector, average
        The same as in `BurstingNeuron`.
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
