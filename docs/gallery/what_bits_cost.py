"""What few weight bits cost a recurrent network.

A hundred leaky integrate-and-fire neurons receive noise and are connected to each other. The network runs in floating point,
and in the integers of Loihi 2 with 8 to 3 bits per weight. Left: the voltage of one neuron. Right: how much the firing rates of
the neurons change. The strong recurrence makes this network chaotic, so even 8 bits change single spikes; the rates are
preserved down to about 5 bits.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, FixedProbability, Network, Normal, PoissonInput, Population, Probe, Projection, deploy
from neurosim.analysis.comparison import compare
from neurosim.units import Hz, ms, mV, second

BITS = (8, 7, 6, 5, 4, 3)
WINDOW = slice(300, 600)
FLOAT = {"color": "#999999", "lw": 3, "label": "float"}
EIGHT = {"color": "#0072B2", "lw": 1.2, "label": "8 bit"}
FOUR = {"color": "#D55E00", "lw": 1.2, "label": "4 bit"}


def build() -> Network:
    """Noise that drives 100 neurons with sparse excitatory and inhibitory recurrence."""
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
    """Voltage of one neuron, and rate errors for each number of bits."""
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
    right.set(xlabel="bits per weight", ylabel="rate error per neuron (Hz)")
    right.invert_xaxis()
    right.legend(frameon=False)
    assert errors[8].mean() < errors[3].mean()
    return made
