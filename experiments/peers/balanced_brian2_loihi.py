"""A balanced network in brian2-loihi, which computes in the integers of the first Loihi chip."""

import brian2_loihi as bl
import numpy as np
from common import main

SCALE = 100
"""Integers per unit of a weight, so that the threshold is 2000 and the largest weight 250."""


def build(given):
    steps, external = given["raster"].nonzero()
    n, decay = len(given["recurrent"]), round(4096 * (1 - given["decay"]))
    cells = bl.LoihiNeuronGroup(n, refractory=1, threshold_v_mant=20 * SCALE, decay_v=decay, decay_I=4096)
    # Time 0 is no step of this simulator.
    source = bl.LoihiSpikeGeneratorGroup(given["raster"].shape[1], external, steps + 1)
    network = bl.LoihiNetwork(source, cells)
    for pre, name in ((source, "external"), (cells, "recurrent")):
        i, j = given[name].nonzero()
        synapses = bl.LoihiSynapses(pre, cells, sign_mode=bl.synapse_sign_mode.MIXED)
        synapses.connect(i=i, j=j)
        synapses.w = (given[name][i, j] * given["decay"] * SCALE).round().astype(int)
        network.add(synapses)
    spikes = bl.LoihiSpikeMonitor(cells)
    network.add(spikes)

    def run():
        network.run(len(given["raster"]) + 1)
        return {"step": np.asarray(spikes.t).round().astype(int) - 1, "neuron": np.asarray(spikes.i)}

    return run


main(build, "brian2_loihi", "brian2")
