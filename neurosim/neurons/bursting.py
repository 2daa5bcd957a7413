"""Base of neurons whose spikes are classified as events and bursts."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import ClassVar

from neurosim.arrays import shape_of
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.neurons.base import Equations, Event, Neuron
from neurosim.neurons.burst_average import MODULATORS, BurstAverage
from neurosim.neurons.burst_detector import BurstDetector, TraceDetector
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.timed import Timed


@dataclass(frozen=True, kw_only=True)
class BurstingNeuron(Neuron):
    """Base of neurons with channels "event" and "burst" in continuous time.

    The payload of a recorded spike is its position in its burst: 1 for an event, 2 for a spike on channel "burst".

    Parameters
    ----------
    detector : BurstDetector
        Detector that classifies spikes as events and bursts: `TraceDetector` or `IntervalDetector`.
    average : BurstAverage
        Moving averages of events and bursts, and the third factors that follow from them; or a `ConstantBaseline`.
    """

    channels: ClassVar[tuple[str, ...]] = ("spike", "event", "burst")
    modulators: ClassVar[tuple[str, ...]] = MODULATORS
    no_step: ClassVar[str] = ""
    """Operations that the neuron needs and that no chip can compute; used in messages."""

    detector: BurstDetector = TraceDetector()
    average: BurstAverage = BurstAverage()

    def check_size(self, n: int, who: str) -> None:
        super().check_size(n, who)
        for part in (self.detector, self.average):
            for f in fields(part):
                value = getattr(part, f.name)
                shape = shape_of(value)
                if isinstance(value, Timed):
                    value.check_size(n, f"{who}: {type(part).__name__}.{f.name}")
                if shape not in ((), (n,)):
                    raise NetworkError(
                        f"{who}: {type(part).__name__}.{f.name} has shape {shape}; expected a single value or ({n},)."
                    )

    @property
    def cell_variables(self) -> tuple[str, ...]:
        """Variables of the neuron itself that a probe can record, without those of detector and averages."""
        raise NotImplementedError

    @property
    def variables(self) -> tuple[str, ...]:
        return (*self.cell_variables, "event_trace", "burst_trace", *MODULATORS)

    def cell(self, dt: float) -> Equations:
        """Equations of the neuron without detector and averages."""
        raise NotImplementedError

    def equations(self, dt: float) -> Equations:
        cell, spike = self.cell(dt), self.cell(dt).threshold
        close = self.detector.close
        return replace(
            cell,
            model="\n".join([cell.model, self.detector.model, "place_in_burst : integer\nsends : integer", self.average.model]),
            # Evaluated once per step for all neurons, so that the condition of a channel only compares whole numbers.
            prepare=f"sends = int({spike})*(1 + int({close})*(1 + int(place_in_burst != 1)))",
            threshold="sends > 0",
            reset=f"{cell.reset}\n{self.detector.note}\nplace_in_burst += 1",
            parameters={**cell.parameters, **self.detector.parameters(dt), **self.average.parameters(dt)},
            initial={**cell.initial, **self.detector.initial, **self.average.initial},
            events={
                **cell.events,
                "event": Event("sends == 1", "place_in_burst = 0\nevent_trace += 1"),
                "burst": Event("sends == 2", "burst_trace += 1"),
            },
            modulators={name: name for name in MODULATORS},
            payload="place_in_burst",
            method="euler",
        )

    def step_form(self, dt: float) -> ProgramNeuron:
        raise UnsupportedError(
            f"{type(self).__name__} has no difference form: it needs {self.no_step}, which no chip computes. Run it in Brian2 "
            "with integration='exact', or use BurstLIF, a burst neuron for chips whose synapses are currents."
        )
