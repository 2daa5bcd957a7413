"""Pair STDP in Brian2, with its compiled code (Cython)."""

import brian2 as b2
from common import main


def build(given):
    b2.defaultclock.dt = 1 * b2.ms
    steps, sources = given["raster"].nonzero()
    n_pre, n_post = given["weights"].shape
    source = b2.SpikeGeneratorGroup(n_pre, sources, steps * b2.ms)
    cells = b2.NeuronGroup(n_post, "dv/dt = -v/(20*ms) : 1", threshold="v > 20", reset="v = 0", method="exact")
    synapses = b2.Synapses(
        source,
        cells,
        """w : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)
           dy/dt = -y/(20*ms) : 1 (event-driven)""",
        # As in neurosim, each of two spikes in the same step sees the other, so both traces come first.
        on_pre={"jump": "v_post += w", "trace": "x += 1", "learn": "w = clip(w - down*y, 0, 1000)"},
        on_post={"trace_post": "y += 1", "learn_post": "w = w + up*x"},
        namespace={name: float(given[name]) for name in ("up", "down")},
    )
    synapses.connect()
    synapses.trace.order = synapses.trace_post.order = -2
    synapses.w = given["weights"].ravel()
    spikes = b2.SpikeMonitor(cells)
    network = b2.Network(source, cells, synapses, spikes)
    network.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
    network.run(0 * b2.ms)

    def run():
        network.run(len(given["raster"]) * b2.ms)
        return {"spikes": spikes.count[:], "weights": synapses.w[:].reshape(n_pre, n_post)}

    return run


main(build, "brian2")
