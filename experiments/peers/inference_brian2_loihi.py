"""Two layers of LIF neurons that classify images, in brian2-loihi, in the integers of the first chip: one run per image."""

import brian2_loihi as bl
import numpy as np
from common import main


def build(given):
    images, steps, n = given["raster"].shape
    times, sources = given["raster"].reshape(-1, n).nonzero()
    # Time 0 is no step of this simulator.
    pre = bl.LoihiSpikeGeneratorGroup(n, sources, times + 1)
    network, layers = bl.LoihiNetwork(pre), []
    for name in ("hidden", "output"):
        scale = 254 / np.abs(given[name] * given["decay"]).max()
        cells = bl.LoihiNeuronGroup(
            given[name].shape[1], refractory=1, threshold_v_mant=round(scale), decay_v=round(4096 * (1 - given["decay"])),
            decay_I=4096,
        )  # fmt: skip
        synapses = bl.LoihiSynapses(pre, cells, sign_mode=bl.synapse_sign_mode.MIXED)
        synapses.connect()
        synapses.w = ((given[name] * given["decay"] * scale / 2).round() * 2).astype(int).ravel()
        network.add(cells, synapses)
        layers.append(cells)
        pre = cells
    spikes = bl.LoihiSpikeMonitor(layers[-1])
    network.add(spikes)

    def run():
        network.run(1)
        for _ in range(images):
            for layer in layers:
                layer.v = 0
            network.run(steps)
        shown = (np.asarray(spikes.t).round().astype(int) - 1) // steps
        counts = np.zeros((images, 10), int)
        np.add.at(counts, (shown, np.asarray(spikes.i)), 1)
        return {"counts": counts}

    return run


main(build, "brian2_loihi", "brian2")
