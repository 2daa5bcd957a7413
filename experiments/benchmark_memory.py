"""Does a run that goes on need more memory the longer it is? 1000 Poisson inputs of 10 Hz onto 100 neurons that learn, at 1 ms.

Each case is a process of its own. It runs for one simulated second, then on in stretches of ten seconds, of which it keeps the
spikes of the neurons and then drops them (`Running.record`, `Running.forget`). Measured is by how much the largest memory of
the process grew after the first second; the machine decides about single pages, so the numbers differ a little in each run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from neurosim.study import Grid, Measure, Size, Study, Timing, Trial

_PROGRAM = """
import json, resource, sys, time
from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, Uniform, start
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms, mV, second

stdp = pair_stdp(a_plus=0.001 * mV, a_minus=0.00105 * mV, bounds=(0 * mV, 0.1 * mV))
parts = [Population("noise", 1000, PoissonInput(10 * Hz)), Population("cells", 100, LIF(tau_m=20 * ms, v_th=10 * mV))]
weights = AllToAll(Uniform(0 * mV, 0.1 * mV))
run = start(Network("long", parts, [Projection("noise", "cells", weights, plasticity=stdp)]))
run.record("cells")
run.advance(1 * second, progress=False)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, cpu, spikes = peak(), time.process_time(), 0
for _ in range({seconds} // 10):
    run.forget()
    spikes += len(run.advance(10 * second, progress=False).spikes["cells"])
print(json.dumps([before, peak() - before, time.process_time() - cpu, spikes]))
"""


def run(seconds: int) -> list[float]:
    """Memory at the beginning and what came after (MiB), CPU seconds, and spikes."""
    program = _PROGRAM.format(seconds=seconds)
    done = subprocess.run([sys.executable, "-c", program], env=dict(os.environ), capture_output=True, text=True, check=True)
    return [float(number) for number in json.loads(done.stdout)]


def trial(t: Trial) -> dict[str, float]:
    before, more, cpu, spikes = run(t.parameters["simulated"])
    return {"before": before, "more": more, "cpu": cpu, "spikes": spikes}


def check(table):
    for (seconds,), rows in table.by("simulated"):
        if rows.values("more").max() > 500:
            raise ValueError(f"{seconds} s: {rows.values('more').max():.0f} MiB more than at first, expected at most 500.")


def answer(table):
    each = (f"{rows.values('more').mean():.0f} MiB for {seconds} s" for (seconds,), rows in table.by("simulated"))
    return "Beyond the memory of the first second: " + ", ".join(each) + "."


STUDY = Study(
    name="benchmark_memory",
    question="Does a run that goes on need more memory the longer it is?",
    trial=trial,
    parameters=Grid({"simulated": [360, 3600, 36_000]}),
    seeds=1,
    measures={
        "before": Timing("MiB", "largest memory of the process after the first second"),
        "more": Timing("MiB", "by how much it grew"),
        "cpu": Timing("s", "CPU time of the run"),
        "spikes": Measure("1", "spikes of the neurons that learn"),
    },
    answer=answer,
    expected="at most 500 MiB, and the same for 3600 and 36 000 s",
    check=check,
    ci=Size(Grid({"simulated": [20]})),
)
