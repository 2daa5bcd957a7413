"""The executions in Brian2: continuous time, and one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.backends.brian2 import simulate
from neurosim.backends.executions.contract import Execution, Given, Runner, Workload
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class Brian2Execution(Execution):
    """A network in Brian2, with the generated code in NumPy.

    Parameters
    ----------
    integration : {"exact", "step"}
        Differential equations in continuous time, or difference equations.
    """

    integration: str = "exact"

    def prepare(self, workload: Workload) -> Runner:
        from neurosim.backends.brian2.engine import check_supported

        network = workload.network
        check_supported(network, self.integration)

        def run(duration: Any, given: Given) -> Recording:
            return simulate(
                network, duration, images=given.images, labels=given.labels, signals=given.signals,
                integration=self.integration, progress=False,
            )  # fmt: skip

        return run


EXACT = Brian2Execution("Brian2 exact", "Brian2, differential equations in continuous time", integration="exact")
STEP = Brian2Execution("Brian2 step", "Brian2, difference equations step by step", equals="emulator float", integration="step")
