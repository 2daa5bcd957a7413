"""How a chip changes a learning rule.

A chip rounds the constants of a learning rule, and it rounds every change of a weight stochastically. This example separates
the two effects. Forty inputs, half of which often fire together, learn by additive STDP onto ten neurons. The network runs
three times: as described, on the chip, and as described but with the constants of the chip. Left: the mean weights of both
groups over time. Right: each weight on the chip against the weight in the description. The weights on the chip equal those
in Lava, bit for bit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, Network, Population, Probe, Projection, SpikeRaster, deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.running.whole import emulate_network
from neurosim.chip.learning_engine.effective import effective
from neurosim.plasticity import pair_stdp
from neurosim.program.inputs import input_rasters
from neurosim.units import ms, second

STEPS, INPUTS, TOGETHER = 20_000, 40, 20


def network() -> Network:
    """Network whose first twenty inputs share some of their spikes."""
    rng = np.random.default_rng(0)
    raster = rng.random((STEPS, INPUTS)) < 0.02
    common = rng.random((STEPS, 1)) < 0.01
    raster[:, :TOGETHER] |= common & (rng.random((STEPS, TOGETHER)) < 0.7)
    return Network(
        name="learning_on_a_chip",
        populations=[
            Population("input", INPUTS, SpikeRaster(raster.astype(np.uint8))),
            Population("output", 10, LIF(tau_m=20 * ms, v_th=6.0)),
        ],
        projections=[
            Projection(
                "input",
                "output",
                rng.uniform(0.1, 0.3, (INPUTS, 10)),
                plasticity=pair_stdp(bounds=(0, 1)),
            )
        ],
        probes=[Probe("input_output", "w", every=0.2 * second)],
    )


def figure() -> Figure:
    """Mean weights of both groups over time, and each weight on the chip against the description."""
    described, chip = network(), deploy(network())
    floats = emulate_network(described, STEPS * ms).weights["input_output"]
    integers = chip.emulate(STEPS * ms).weights["input_output"]
    rounded = _with_the_chips_constants(described, chip)
    made = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = made.subplots(1, 2)
    for trace, style, label in ((floats, "-", "described"), (integers, "--", "on the chip")):
        for group, colour in ((slice(TOGETHER), "C0"), (slice(TOGETHER, None), "C1")):
            left.plot(trace.steps / 1000, trace.values[:, group].mean(axis=(1, 2)), style, color=colour, label=label)
    left.set(xlabel="time (s)", ylabel="mean weight")
    left.legend(["together", "alone", "the same on the chip"], frameon=False)
    right.plot(floats.values[-1].ravel(), integers.values[-1].ravel(), "o", ms=3, alpha=0.6, label="on the chip")
    right.plot(floats.values[-1].ravel(), rounded.ravel(), "k.", ms=2, label="described, with the chip's constants")
    right.axline((0.2, 0.2), slope=1, color="0.7", lw=1, zorder=0)
    right.set(xlabel="described weight", ylabel="weight")
    right.legend(frameon=False)
    assert np.corrcoef(floats.values[-1].ravel(), integers.values[-1].ravel())[0, 1] > 0.9
    return made


def _with_the_chips_constants(described: Network, chip: object) -> np.ndarray:
    """Final weights of the description if its rule has the constants and decays of the chip."""
    program, integer = chip.float_program, chip.program.projections[0]
    plastic = program.projections[0]
    rule = effective(integer.rule, plastic.rule)
    other = replace(program, projections=(replace(plastic, rule=rule), *program.projections[1:]))
    gain = float(np.mean(program.population("output").neuron.gain_at("default")))
    return emulate(other, STEPS, inputs=input_rasters(described, STEPS)).final_weights()["input_output"] / gain
