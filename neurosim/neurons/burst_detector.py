"""Two detectors that classify the spikes of a neuron as events and bursts.

A bursting neuron sends two kinds of events over one axon. An *event* is an isolated spike or the first spike of a burst. A
*burst* is the second spike of a burst. Further spikes of a burst are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError
from neurosim.neurons.base import check_tau
from neurosim.neurons.exponential import euler_tau
from neurosim.plasticity.literals import milliseconds
from neurosim.units import si

NEVER = -1e9
"""Time in seconds that represents "no spike so far"."""


@dataclass(frozen=True)
class BurstDetector(Described):
    """Base of the detectors, which decide whether a spike follows shortly after the preceding one."""

    model: ClassVar[str]
    """Equations of the detector's variables for Brian2, integrated by forward Euler."""
    close: ClassVar[str]
    """Condition for a close spike, evaluated when a spike is emitted and before the detector registers this spike."""
    note: ClassVar[str]
    """Statement with which the detector registers a spike."""

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the parameters by name, for steps of `dt` seconds."""
        raise NotImplementedError

    @property
    def initial(self) -> Mapping[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the variables at time zero, by name."""
        return {}


@dataclass(frozen=True)
class TraceDetector(BurstDetector):
    r"""Detector with a trace of all spikes: a spike is close if the trace, without this spike, is above the threshold.

    Two isolated spikes are close if their interval is less than ``-tau * log(threshold)``, which is 16 ms by default. The trace
    accumulates, so after a burst it takes longer until a spike counts as an event again.

    Parameters
    ----------
    tau : time
        Time constant of the trace, to which each spike adds 1.
    threshold : float
        Threshold of the trace. A trace that equals it to nine digits is not above it.

    Notes
    -----
    Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x.
    """

    model: ClassVar[str] = "ddetector_trace/dt = -detector_trace/detector_tau : 1"
    close: ClassVar[str] = "detector_trace > detector_threshold"
    note: ClassVar[str] = "detector_trace += 1"

    tau: Any = milliseconds(16)
    threshold: float = float(np.exp(-1))

    def __post_init__(self) -> None:
        check_tau(self.tau, "TraceDetector.tau", per_step=False)
        if not 0 < self.threshold < 1:
            raise NetworkError(f"TraceDetector.threshold = {self.threshold!r}; expected a number between 0 and 1.")

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        # The small margin makes sure that rounding does not decide if an interval is exactly tau.
        return {
            "detector_tau": (euler_tau(self.tau, dt), "second"),
            "detector_threshold": (self.threshold * (1 + 1e-9), "1"),
        }


@dataclass(frozen=True)
class IntervalDetector(BurstDetector):
    """Detector by interval: a spike is close if it follows less than `longest` after the preceding spike.

    Parameters
    ----------
    longest : time
        Limit of the interval. Two spikes at exactly this interval are not close.
    """

    model: ClassVar[str] = "detector_last : second"
    close: ClassVar[str] = "t - detector_last < detector_longest"
    note: ClassVar[str] = "detector_last = t"

    longest: Any = milliseconds(16)

    def __post_init__(self) -> None:
        check_tau(self.longest, "IntervalDetector.longest", per_step=False)

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        # The limit is half a step off, because the difference of two float times is compared with a whole number of steps.
        steps = np.ceil(si(self.longest, "second", "IntervalDetector.longest") / dt - 1e-6)
        return {"detector_longest": ((steps - 0.5) * dt, "second")}

    @property
    def initial(self) -> Mapping[str, tuple[Any, str]]:
        return {"detector_last": (NEVER, "second")}
