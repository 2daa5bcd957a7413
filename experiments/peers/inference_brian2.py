"""Two layers of LIF neurons that classify images, in Brian2, with its compiled code (Cython): one run per image."""

import brian2 as b2
import numpy as np
from common import main


def build(given):
    b2.defaultclock.dt = 1 * b2.ms
    images, steps, n = given["raster"].shape
    times, sources = given["raster"].reshape(-1, n).nonzero()
    image = b2.SpikeGeneratorGroup(n, sources, times * b2.ms)
    layers = [
        b2.NeuronGroup(size, "dv/dt = -v/(20*ms) : 1", threshold="v > 1", reset="v = 0", method="exact") for size in (512, 10)
    ]
    parts = [image, *layers]
    for pre, post, name in ((image, layers[0], "hidden"), (layers[0], layers[1], "output")):
        synapses = b2.Synapses(pre, post, "w : 1", on_pre="v_post += w")
        synapses.connect()
        synapses.w = given[name].ravel()
        parts.append(synapses)
    spikes = b2.SpikeMonitor(layers[1])
    network = b2.Network(*parts, spikes)
    network.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
    network.run(0 * b2.ms)

    def run():
        counts = []
        for _ in range(images):
            before = spikes.count[:].copy()
            for layer in layers:
                layer.v = 0
            network.run(steps * b2.ms)
            counts.append(spikes.count[:] - before)
        return {"counts": np.array(counts)}

    return run


main(build, "brian2")
