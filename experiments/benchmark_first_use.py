"""How long does a user wait for the emulator's first answer? Each case is a program of its own, in a new process.

The cases share one cache of compiled code, which is empty at the beginning, and run in the order in which a user meets
them. Measured is the first call of `emulate` or `emulate_network` in the process, with everything that it compiles or reads
from the cache; importing neurosim is a case of its own. Times are CPU time of the process; wall time stands beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from neurosim.study import Grid, Measure, Size, Study, Timing, Trial

_NETWORK = """
from neurosim import *
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms
noise = Population("noise", 100, PoissonInput(20 * Hz))
def network(neuron, **more):
    cells = Population("cells", 100, neuron)
    return Network("first", [noise, cells], [Projection("noise", "cells", FixedProbability(0.2, p=0.2), **more)])
plain = network(LIF(tau_m=20 * ms, v_th=1.0))
"""
_LEARNS = _NETWORK + "learns = network(LIF(tau_m=20 * ms, v_th=1.0), plasticity=pair_stdp(0.01, 0.01))"
CASES: dict[str, tuple[str, str]] = {
    "import": ("", "import neurosim; neurosim.deploy, neurosim.emulate_network"),
    "first emulation": (_NETWORK + "chip = deploy(plain)", "chip.emulate(100 * ms)"),
    "the same, later": (_NETWORK + "chip = deploy(plain)", "chip.emulate(100 * ms)"),
    "another neuron and delays": (
        _NETWORK + "chip = deploy(network(SoftResetLIF(tau_m=20 * ms, v_th=1.0), delay=3 * ms))",
        "chip.emulate(100 * ms)",
    ),
    "first in float": (_NETWORK, "emulate_network(plain, 100 * ms)"),
    "first learning": (_LEARNS, "emulate_network(learns, 100 * ms)"),
    "the same learning, later": (_LEARNS, "emulate_network(learns, 100 * ms)"),
}
"""Name -> what happens before, and what is measured."""
_MEASURED = """
import time
{before}
wall, cpu = time.perf_counter(), time.process_time()
{measured}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


def run(size: str = "ci") -> dict[str, Any]:
    """Times of all cases in order; `size` "ci" leaves out learning, which compiles for minutes."""
    with tempfile.TemporaryDirectory(prefix="neurosim-first-use-") as folder:
        return {"cases": {name: _timed(name, folder) for name in CASES if size == "full" or "learning" not in name}}


def _timed(name: str, cache: str) -> dict[str, float]:
    before, measured = CASES[name]
    # Two caches: NUMBA_CACHE_DIR holds the kernels of learning, the user's cache folder the generated ones.
    places = {"XDG_CACHE_HOME": cache, "NUMBA_CACHE_DIR": os.path.join(cache, "learning")}
    text = _MEASURED.format(before=before, measured=measured)
    done = subprocess.run(
        [sys.executable, "-c", text], env=os.environ | places, capture_output=True, text=True, check=True, timeout=600
    )
    cpu, wall = (float(number) for number in done.stdout.split()[-2:])
    return {"cpu_s": cpu, "wall_s": wall}


def trial(t: Trial) -> dict[str, float]:
    cases = run(t.parameters["length"])["cases"]
    return {_measure(name): times["cpu_s"] for name, times in cases.items()} | {"cases": float(len(cases))}


def _measure(case: str) -> str:
    return case.replace(",", "").replace(" ", "_")


STUDY = Study(
    name="benchmark_first_use",
    question="How long does a user wait for the emulator's first answer?",
    trial=trial,
    parameters=Grid({"length": ["full"]}),
    seeds=1,
    measures={
        **{_measure(name): Timing("s", f"CPU time: {name}") for name in CASES},
        "cases": Measure("1", "cases that were measured"),
    },
    expected="at most 3 s for the first emulation, 5 s with learning, 0.5 s for another structure, and 0.1 s with a warm cache",
    ci=Size(Grid({"length": ["ci"]})),
)

if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:]), indent=2))
