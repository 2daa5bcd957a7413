"""A balanced network in Brian2, with its compiled code (Cython)."""

import brian2 as b2
from common import main


def build(given):
    b2.defaultclock.dt = 1 * b2.ms
    steps, external = given["raster"].nonzero()
    n = given["recurrent"].shape[0]
    source = b2.SpikeGeneratorGroup(given["raster"].shape[1], external, steps * b2.ms)
    cells = b2.NeuronGroup(n, "dv/dt = -v/(20*ms) : 1", threshold="v > 20", reset="v = 0", method="exact")
    parts = [source, cells]
    for pre, name in ((source, "external"), (cells, "recurrent")):
        i, j = given[name].nonzero()
        synapses = b2.Synapses(pre, cells, "w : 1", on_pre="v_post += w")
        synapses.connect(i=i, j=j)
        synapses.w = given[name][i, j]
        parts.append(synapses)
    spikes = b2.SpikeMonitor(cells)
    network = b2.Network(*parts, spikes)
    # As in the other simulators, a spike that arrives in the step of a reset counts after it.
    network.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
    network.run(0 * b2.ms)

    def run():
        network.run(len(given["raster"]) * b2.ms)
        return {"step": (spikes.t / b2.ms).round().astype(int), "neuron": spikes.i[:]}

    return run


main(build, "brian2")
