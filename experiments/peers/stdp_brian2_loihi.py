"""Pair STDP in brian2-loihi, which computes in the integers of the first Loihi chip: weights of 8 bits, rounded changes."""

import brian2_loihi as bl
import numpy as np
from common import main

SCALE = 100
"""Integers per unit of a weight."""


def build(given):
    steps, sources = given["raster"].nonzero()
    n_pre, n_post = given["weights"].shape
    scale = float(given["decay"]) * SCALE
    decay = round(4096 * (1 - given["decay"]))
    cells = bl.LoihiNeuronGroup(n_post, refractory=1, threshold_v_mant=20 * SCALE, decay_v=decay, decay_I=4096)
    # Time 0 is no step of this simulator.
    source = bl.LoihiSpikeGeneratorGroup(n_pre, sources, steps + 1)
    synapses = bl.LoihiSynapses(
        source, cells, dw="2^-7*x1*y0 - 2^-7*x0*y1", tau_x1=20, tau_y1=20,
        imp_x1=round(128 * given["up"] * scale), imp_y1=round(128 * given["down"] * scale),
    )  # fmt: skip
    synapses.connect()
    synapses.w = (given["weights"].ravel() * scale).round().astype(int)
    spikes = bl.LoihiSpikeMonitor(cells)
    network = bl.LoihiNetwork(source, cells, synapses, spikes)

    def run():
        network.run(len(given["raster"]) + 1)
        counts = np.bincount(np.asarray(spikes.i), minlength=n_post)
        return {"spikes": counts, "weights": np.asarray(synapses.w).reshape(n_pre, n_post) / scale}

    return run


main(build, "brian2_loihi", "brian2")
