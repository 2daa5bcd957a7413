"""Steps per CPU-second of each execution, for benchmarks: only the run is measured, without building and compiling."""

from __future__ import annotations

from pathlib import Path

from neurosim.backends.lava.interpreter import require_lava
from neurosim.errors import LavaError
from neurosim.network.network import Network
from neurosim.processes.child import Supervised, supervised
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram

# It runs in a child process, because Lava computes in processes whose CPU time is counted only after they have ended.
_LAVA_CHILD = """
import resource, sys
import compat
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
if __name__ == "__main__":
    import graph
    process = next(iter(graph.build({}).populations.values()))
    process.run(condition=RunSteps(num_steps=int(sys.argv[1])), run_cfg=Loihi2SimCfg(select_tag=sys.argv[2]))
    process.stop()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(sum(u.ru_utime + u.ru_stime for u in usage))
"""
_TIMEOUT = 600.0


def emulator_rate(program: FixedProgram | StepProgram, steps: int, repeats: int = 3) -> float:
    """Steps per CPU-second of the emulator, including the recording of spikes; the best of several runs."""
    from neurosim.backends.emulator import emulate

    emulate(program, 10)
    return max(steps / float(emulate(program, steps).info["seconds"]["cpu"]) for _ in range(repeats))


def lava_rate(program: FixedProgram | StepProgram, steps: int) -> float:
    """Steps per CPU-second of all processes of Lava, without recording, for a program without sources.

    The time of a short run is subtracted from that of a long run, to exclude the time of the start.
    """
    from neurosim.backends.lava.export import write_graph
    from neurosim.backends.lava.kinds import tag_of

    with supervised() as children:
        write_graph(program, children.folder)
        Path(children.folder, "bench.py").write_text(_LAVA_CHILD)
        short, long = (_lava_seconds(children, n, tag_of(program)) for n in (steps // 10, steps))
    return (steps - steps // 10) / (long - short)


def _lava_seconds(children: Supervised, steps: int, tag: str) -> float:
    lava, log = require_lava(), children.folder / "log.txt"
    command = [lava.python, str(children.folder / "bench.py"), str(steps), tag]
    code = children.run(command, log, _TIMEOUT, lava.environment())
    words = log.read_text(errors="replace")
    if code:
        raise LavaError(f"Lava failed in the benchmark (exit code {code}):\n{words}")
    return float(words.splitlines()[-1])


def brian2_rate(network: Network, steps: int, target: str) -> float:
    """Steps per CPU-second of Brian2 with the same difference equations, including the recording of spikes.

    `target` is a code generation target of Brian2.
    """
    from neurosim.backends.brian2 import simulate
    from neurosim.units import second

    recording = simulate(network, steps * network.step_seconds * second, integration="step", target=target, progress=False)
    return float(steps / recording.info["seconds"]["run"]["cpu"])
