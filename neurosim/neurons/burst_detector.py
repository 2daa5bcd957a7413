"""Which spike is an event, which is a burst: two detectors, as data.

A neuron that bursts sends two kinds of events over one axon. An *event* is an isolated spike or the first spike of a burst; a
*burst* is the second spike of a burst; further spikes of a burst are neither.
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
"""Seconds: the time of a spike that has not been."""


@dataclass(frozen=True)
class BurstDetector(Described):
    """Base of the detectors: what a neuron keeps, and when a spike follows close on the one before it."""

    model: ClassVar[str]
    """Brian2's lines of what it keeps, integrated by forward Euler."""
    close: ClassVar[str]
    """Condition, looked at where a spike is emitted, before the detector takes note of it."""
    note: ClassVar[str]
    """Statement at every spike."""

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        """Name -> (SI value, unit), for a step of `dt` seconds."""
        raise NotImplementedError

    @property
    def initial(self) -> Mapping[str, tuple[Any, str]]:
        """Variable -> (SI value, unit) at time zero."""
        return {}


@dataclass(frozen=True)
class TraceDetector(BurstDetector):
    r"""By a trace of all spikes: a spike is close where the trace, without this spike, is above the threshold.

    A pair of spikes alone is close where their interval is less than ``-tau * log(threshold)``, 16 ms. The trace adds up: after
    a burst it takes longer until a spike counts as an event again.

    Parameters
    ----------
    tau : time
        Of the trace, to which a spike adds 1.
    threshold : float
        A trace equal to it, to nine digits, is not above it.

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
        # Where an interval is just tau, rounding must not decide.
        return {
            "detector_tau": (euler_tau(self.tau, dt), "second"),
            "detector_threshold": (self.threshold * (1 + 1e-9), "1"),
        }


@dataclass(frozen=True)
class IntervalDetector(BurstDetector):
    """By the interval: a spike is close where it comes less than `longest` after the spike before it.

    Parameters
    ----------
    longest : time
        An interval of just this length is not close.
    """

    model: ClassVar[str] = "detector_last : second"
    close: ClassVar[str] = "t - detector_last < detector_longest"
    note: ClassVar[str] = "detector_last = t"

    longest: Any = milliseconds(16)

    def __post_init__(self) -> None:
        check_tau(self.longest, "IntervalDetector.longest", per_step=False)

    def parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        # Half a step off: the difference of two float times is compared with a whole number of steps.
        steps = np.ceil(si(self.longest, "second", "IntervalDetector.longest") / dt - 1e-6)
        return {"detector_longest": ((steps - 0.5) * dt, "second")}

    @property
    def initial(self) -> Mapping[str, tuple[Any, str]]:
        return {"detector_last": (NEVER, "second")}
