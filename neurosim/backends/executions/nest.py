"""The execution in NEST: leaky integrate-and-fire neurons in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.backends.executions.contract import Execution, Given, Runner, Workload
from neurosim.errors import UnsupportedError
from neurosim.program.run_arguments import run_arguments
from neurosim.program.unit_conversion import described, program_probes
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class NestExecution(Execution):
    """A network as a PyNEST script in a child process.

    Parameters
    ----------
    threads : int
        Threads of NEST.
    """

    threads: int = 1

    def prepare(self, workload: Workload) -> Runner:
        from neurosim.backends.nest.export import nest_script
        from neurosim.backends.nest.runner import check_probes, run_nest

        network, program, allow = workload.network, workload.program, workload.allow
        check_probes(nest_script(program, allow), program_probes(network), network.synapse_probes())

        def run(duration: Any, given: Given) -> Recording:
            arguments = run_arguments(network, duration, given.images, given.labels, given.signals)
            made = run_nest(program, **arguments, allow=allow, threads=self.threads, timeout=given.timeout)
            return described(made, network, program)

        return run

    def missing(self) -> str:
        from neurosim.backends.nest.interpreter import require_nest

        try:
            require_nest()
        except UnsupportedError as error:
            return str(error)
        return ""


NEST = NestExecution("NEST", "NEST, with exact integration step by step", equals="emulator float")
