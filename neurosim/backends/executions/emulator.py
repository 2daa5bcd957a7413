"""The executions on the emulator: the difference equations in float, and two kinds of chip integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.backends.executions.contract import Execution, Given, Runner, Workload
from neurosim.program.unit_conversion import program_probes
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class EmulatorExecution(Execution):
    """A network on the emulator.

    Parameters
    ----------
    arithmetic : {"float", "fixed", "loihi1"}
        Arithmetic of the emulator.
    chip : str
        Target on which a network runs that names none; "" for the difference equations, which need no chip.
    """

    arithmetic: str = "float"
    chip: str = ""

    def prepare(self, workload: Workload) -> Runner:
        from neurosim.backends.emulator.supported import check_supported
        from neurosim.backends.running.whole import emulated

        network = workload.network
        program = workload.deployment(self.chip).program if self.chip else workload.program
        check_supported(program, self.arithmetic, program_probes(network))

        def run(duration: Any, given: Given) -> Recording:
            return emulated(network, program, self.arithmetic, duration, given.images, given.labels, given.signals)

        return run


FLOAT = EmulatorExecution("emulator float", "emulator, difference equations in float")
FIXED = EmulatorExecution("emulator fixed", "emulator, integer arithmetic of Lava", arithmetic="fixed", chip="loihi2")
LOIHI1 = EmulatorExecution(
    "emulator loihi1", "emulator, integer arithmetic of the first Loihi chip", arithmetic="loihi1", chip="loihi1"
)
