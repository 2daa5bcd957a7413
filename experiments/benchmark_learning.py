"""How fast does the emulator learn? Steps per CPU-second with additive pair STDP against Lava and Brian2, in one run.

Question: is it fast enough to stand in for Lava (and for Brian2's C++) where weights learn? Networks: two populations, each
driven by constant currents so that about 5 in 100 neurons spike at a step; all synapses from the first to the second learn.
Nobody records weights; the emulator and Brian2 record all spikes, Lava none. Measure: CPU seconds of the run alone, build and
compile excluded; for Lava by the difference of a long and a short run; the emulator's is the best of three, recording
included. Lava's ``floating_pt`` has no upper bound of a weight and runs without it.
Expected: at least 1 200 and 650 times Lava ``fixed_pt``, and not slower than Brian2's C++ standalone.
"""

from __future__ import annotations

from typing import Any

from neurosim import LIF, AllToAll, Network, Population, Projection, Uniform, deploy, per_step
from neurosim.backends.emulator import emulate
from neurosim.plasticity import pair_stdp
from neurosim.program.fixed import FixedProgram
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.study.speed import brian2_rate, emulator_rate, lava_rate

SIZES = {"100x100": (100, 100), "784x100": (784, 100)}
LARGEST = 2e-4
"""Weight: all spikes of a step together are a few hundredths of what the current brings."""
FLOOR_BYTES = {"read a synapse of a spike": 2, "written a synapse of a spike": 2}
"""Of an integer weight; in float 8."""
# Steps: emulator, Lava (long run), Brian2; the CI size checks that everything runs, the full size measures.
STEPS = {"ci": (2_000, 200, 500), "full": (50_000, 1_500, 50_000)}
KEPT = 0.97
"""Share of its voltage that a neuron keeps in a step."""


def build(sizes: tuple[int, int], highest: float | None = LARGEST) -> Network:
    """The network; a current that would take the voltage to 1.7 to 2.9 makes a neuron spike every 14 to 30 steps."""
    neuron = LIF(tau_m=per_step(KEPT), v_th=1.0)
    drive = (1 - KEPT) * stream(0, "drive").uniform(1.7, 2.9, sum(sizes))
    rule = pair_stdp(a_plus=0.01 * LARGEST, a_minus=0.0105 * LARGEST, bounds=(0.0, highest))
    return Network(
        name=f"stdp_{sizes[0]}_{sizes[1]}",
        populations=[
            Population("pre", sizes[0], neuron, current=drive[: sizes[0]]),
            Population("post", sizes[1], neuron, current=drive[sizes[0] :]),
        ],
        projections=[Projection("pre", "post", AllToAll(Uniform(0.0, LARGEST)), plasticity=rule)],
    )


def activity(program: FixedProgram, steps: int) -> dict[str, float]:
    """Spikes of a step, and the synapses that these reach."""
    recording = emulate(program, steps)
    pre, post = (len(recording.spikes[name]) / steps for name in ("pre", "post"))
    return {"spikes_per_step": pre + post, "updates_per_step": pre * recording.sizes["post"] + post * recording.sizes["pre"]}


def case(name: str, size: str) -> dict[str, float]:
    """Speeds and their ratios for one network."""
    steps, lava_steps, brian2_steps = STEPS[size]
    network = build(SIZES[name])
    fixed, floating = deploy(network).program, lower(network)
    rates = {
        "steps_per_cpu_s": emulator_rate(fixed, steps),
        "float_steps_per_cpu_s": emulator_rate(floating, steps),
        "lava_steps_per_cpu_s": lava_rate(fixed, lava_steps),
        "lava_float_steps_per_cpu_s": lava_rate(lower(build(SIZES[name], None)), lava_steps),
        "brian2_standalone_steps_per_cpu_s": brian2_rate(network, brian2_steps, "cpp_standalone"),
        "brian2_cython_steps_per_cpu_s": brian2_rate(network, brian2_steps // 10, "cython"),
    }
    return {
        **rates,
        "ratio_lava_fixed": rates["steps_per_cpu_s"] / rates["lava_steps_per_cpu_s"],
        "ratio_lava_float": rates["float_steps_per_cpu_s"] / rates["lava_float_steps_per_cpu_s"],
        "ratio_brian2_standalone": rates["steps_per_cpu_s"] / rates["brian2_standalone_steps_per_cpu_s"],
        "ratio_float_brian2_standalone": rates["float_steps_per_cpu_s"] / rates["brian2_standalone_steps_per_cpu_s"],
        "ratio_brian2_cython": rates["steps_per_cpu_s"] / rates["brian2_cython_steps_per_cpu_s"],
        **activity(fixed, 1000),
    }


def run(size: str = "ci") -> dict[str, Any]:
    """All cases; `size` is "ci" or "full"."""
    return {"cases": {name: case(name, size) for name in SIZES}, "size": size, "floor_bytes": FLOOR_BYTES}


ENGINES = ("", "float_", "lava_", "lava_float_", "brian2_standalone_", "brian2_cython_")
RATIOS = (
    "ratio_lava_fixed",
    "ratio_lava_float",
    "ratio_brian2_standalone",
    "ratio_float_brian2_standalone",
    "ratio_brian2_cython",
)

# With one job only: trials at the same time would share the caches that they measure.
STUDY = Study(
    name="benchmark_learning",
    question="How fast does the emulator learn, against Lava and Brian2?",
    trial=lambda t: case(t.parameters["network"], t.parameters["length"]),
    parameters=Grid({"network": list(SIZES), "length": ["full"]}),
    seeds=1,
    measures={
        **{f"{name}steps_per_cpu_s": Timing("1/s", "steps per CPU-second") for name in ENGINES},
        **{name: Timing("1", "the emulator's rate over the other's") for name in RATIOS},
        "spikes_per_step": Measure("1", "spikes of the whole network"),
        "updates_per_step": Measure("1", "synapses of a neuron that spikes"),
    },
    expected="at least 1 200 and 650 times Lava's fixed_pt, and not slower than Brian2's C++ standalone",
    ci=Size(Grid({"network": list(SIZES), "length": ["ci"]})),
)
