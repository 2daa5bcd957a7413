"""The executions in Lava: a process graph in float, and one in the integers of the chip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.backends.executions.contract import Execution, Given, Runner, Workload
from neurosim.errors import UnsupportedError
from neurosim.program.run_arguments import run_arguments
from neurosim.program.unit_conversion import described, program_probes
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class LavaExecution(Execution):
    """A network as a Lava process graph in a child process.

    Parameters
    ----------
    chip : str
        Target on which a network runs that names none; "" for the difference equations, which need no chip.
    """

    chip: str = ""

    def prepare(self, workload: Workload) -> Runner:
        from neurosim.backends.lava.export import check_graph
        from neurosim.backends.lava.runner import check_probes, run_lava

        network = workload.network
        program = workload.deployment(self.chip).program if self.chip else workload.program
        check_graph(program)
        check_probes(program, program_probes(network))

        def run(duration: Any, given: Given) -> Recording:
            arguments = run_arguments(network, duration, given.images, given.labels, given.signals)
            return described(run_lava(program, **arguments, timeout=given.timeout), network, program)

        return run

    def missing(self) -> str:
        from neurosim.backends.lava.interpreter import require_lava

        try:
            require_lava()
        except UnsupportedError as error:
            return str(error)
        return ""


FLOATING = LavaExecution("Lava floating_pt", "Lava process graph in float", equals="emulator float")
FIXED = LavaExecution("Lava fixed_pt", "Lava process graph in chip integers", equals="emulator fixed", chip="loihi2")
