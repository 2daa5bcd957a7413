"""How fast is the emulator? Steps per CPU-second of `fixed` against Lava `fixed_pt` and Brian2, in one run.

Question: is it fast enough to stand in for Lava (and for Brian2's C++) in studies? Networks: LIF-dense-LIF chains; the first
layer is driven by a constant current that differs from neuron to neuron. The emulator and Brian2 record all spikes, Lava none
(its recording would cost more than the run). Measure: CPU seconds of the run alone, build and compile excluded; for Lava by the
difference of a long and a short run; the emulator's is the best of three, recording included.
Expected: at least 1 700 / 200 / 380 times Lava on 100-100 / 1000-1000 / 784-512-10, and not slower than Brian2's C++.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim import LIF, AllToAll, Network, Population, Projection, Uniform, deploy, per_step
from neurosim.backends.emulator import emulate
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.study.speed import brian2_rate, emulator_rate, lava_rate

SIZES = {"100-100": (100, 100), "1000-1000": (1000, 1000), "784-512-10": (784, 512, 10)}
FLOOR_BYTES = {"read a neuron": 28, "written a neuron": 9, "read a synapse of a spike": 2}
# Steps: emulator, Lava (long run), Brian2; the CI size checks that everything runs, the full size measures.
STEPS = {"ci": (2_000, 200, 500), "full": (100_000, 1_500, 20_000)}
KEPT = 0.97
"""Share of its voltage that a neuron keeps in a step."""


def build(sizes: tuple[int, ...]) -> Network:
    """A chain in which a few neurons in a hundred spike at a step."""
    neuron = LIF(tau_m=per_step(KEPT), v_th=1.0)
    names = [f"layer{i}" for i in range(len(sizes))]
    drive = (1 - KEPT) * stream(0, "drive").uniform(0.2, 2.0, sizes[0])
    populations = [Population(names[0], sizes[0], neuron, current=drive)]
    populations += [Population(name, n, neuron) for name, n in zip(names[1:], sizes[1:], strict=True)]
    weights = [AllToAll(Uniform(-0.5 / np.sqrt(n), 0.6 / np.sqrt(n))) for n in sizes]
    return Network(
        name="chain_" + "_".join(map(str, sizes)),
        populations=populations,
        projections=[Projection(a, b, w) for a, b, w in zip(names, names[1:], weights, strict=False)],
    )


def case(name: str, size: str) -> dict[str, float]:
    """Speeds and their ratios for one chain."""
    emulator_steps, lava_steps, brian2_steps = STEPS[size]
    network = build(SIZES[name])
    program = deploy(network).program
    spikes = emulate(program, 1000)
    fixed, lava = emulator_rate(program, emulator_steps), lava_rate(program, lava_steps)
    brian2 = {
        target: brian2_rate(network, brian2_steps if target == "cpp_standalone" else brian2_steps // 10, target)
        for target in ("cpp_standalone", "cython")
    }
    return {
        "steps_per_cpu_s": fixed,
        "lava_steps_per_cpu_s": lava,
        "brian2_standalone_steps_per_cpu_s": brian2["cpp_standalone"],
        "brian2_cython_steps_per_cpu_s": brian2["cython"],
        "ratio_lava": fixed / lava,
        "ratio_brian2_standalone": fixed / brian2["cpp_standalone"],
        "ratio_brian2_cython": fixed / brian2["cython"],
        "spikes_per_step": sum(len(s) for s in spikes.spikes.values()) / 1000,
    }


def run(size: str = "ci") -> dict[str, Any]:
    """All cases; `size` is "ci" or "full"."""
    return {"cases": {name: case(name, size) for name in SIZES}, "size": size, "floor_bytes": FLOOR_BYTES}


RATES = ("steps_per_cpu_s", "lava_steps_per_cpu_s", "brian2_standalone_steps_per_cpu_s", "brian2_cython_steps_per_cpu_s")
RATIOS = ("ratio_lava", "ratio_brian2_standalone", "ratio_brian2_cython")

# With one job only: trials at the same time would share the caches that they measure.
STUDY = Study(
    name="benchmark_emulator",
    question="How fast is the emulator, against Lava and Brian2?",
    trial=lambda t: case(t.parameters["network"], t.parameters["length"]),
    parameters=Grid({"network": list(SIZES), "length": ["full"]}),
    seeds=1,
    measures={
        **{name: Timing("1/s", "steps per CPU-second") for name in RATES},
        **{name: Timing("1", "the emulator's rate over the other's") for name in RATIOS},
        "spikes_per_step": Measure("1", "spikes of the whole network"),
    },
    expected="at least 1 700 / 200 / 380 times Lava, and not slower than Brian2's C++ standalone",
    ci=Size(Grid({"network": list(SIZES), "length": ["ci"]})),
)
