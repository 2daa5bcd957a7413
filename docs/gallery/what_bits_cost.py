"""What 8, 6 and 4 bits cost a recurrent network.

A hundred leaky integrate-and-fire neurons, driven by noise and connected to each other, run in float and in the integers of
Loihi 2 with fewer and fewer bits a weight. Left: the voltage of one neuron. Right: how far the rates of the neurons move.
Strong recurrence makes this network chaotic, so that even 8 bits move single spikes; the rates hold until about 5 bits.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, FixedProbability, Network, Normal, PoissonInput, Population, Probe, Projection
from neurosim.analysis.comparison import compare
from neurosim.backends.deployment import deploy
from neurosim.units import Hz, ms, mV, second

BITS = (8, 7, 6, 5, 4, 3)
WINDOW = slice(300, 600)
FLOAT = {"color": "#999999", "lw": 3, "label": "float"}
EIGHT = {"color": "#0072B2", "lw": 1.2, "label": "8 bit"}
FOUR = {"color": "#D55E00", "lw": 1.2, "label": "4 bit"}


def build() -> Network:
    """Noise onto 100 neurons with sparse mixed recurrence."""
    return Network(
        name="recurrent",
        populations=[
            Population("noise", 200, PoissonInput(10 * Hz)),
            Population("cells", 100, LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-65 * mV, tau_syn=5 * ms)),
        ],
        projections=[
            Projection("noise", "cells", FixedProbability(Normal(7 * mV, 2 * mV), p=0.2)),
            Projection("cells", "cells", FixedProbability(Normal(0 * mV, 9 * mV), p=0.2), delay=2 * ms),
        ],
        probes=[Probe("cells", "v", neurons=[0])],
        seed=1,
    )


def figure() -> Figure:
    """The voltage of one neuron, and rate errors by bit width."""
    made = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = made.subplots(1, 2)
    errors = {}
    for bits in BITS:
        deployed = deploy(build(), weight_bits=bits)
        reference, chip = (deployed.emulate(2 * second, arithmetic=a) for a in ("float", "fixed"))
        errors[bits] = np.abs(chip.rates("cells") - reference.rates("cells")).ravel()
        for shown, recording, style in ((8, reference, FLOAT), (8, chip, EIGHT), (4, chip, FOUR)):
            if bits == shown:
                left.plot(range(WINDOW.start, WINDOW.stop), recording.states["cells", "v"][0, WINDOW, 0] * 1e3, **style)
        agreement = compare(reference, chip)
        assert agreement.populations[0].equal, "the input is the same in both"
    left.set(xlabel="time (ms)", ylabel="v (mV)")
    left.legend(frameon=False)
    right.plot(BITS, [errors[b].mean() for b in BITS], "o-", color="#0072B2", label="mean")
    right.plot(BITS, [np.percentile(errors[b], 90) for b in BITS], "o-", color="#D55E00", label="90th percentile")
    right.set(xlabel="bits of a weight", ylabel="rate error of a neuron (Hz)")
    right.invert_xaxis()
    right.legend(frameon=False)
    assert errors[8].mean() < errors[3].mean()
    return made
