"""Pair STDP in neurosim, on its emulator."""

from common import main

from neurosim import LIF, Network, Population, Projection, SpikeRaster, start
from neurosim.plasticity import pair_stdp
from neurosim.units import ms


def build(given):
    n_pre, n_post = given["weights"].shape
    rule = pair_stdp(float(given["up"]), float(given["down"]), bounds=(0, None))
    network = Network(
        "stdp",
        [Population("source", n_pre, SpikeRaster(given["raster"])), Population("cells", n_post, LIF(tau_m=20 * ms, v_th=20))],
        [Projection("source", "cells", given["weights"], plasticity=rule)],
        dt=1 * ms,
    )
    running = start(network)

    def run():
        found = running.advance(len(given["raster"]) * ms, progress=False)
        return {"spikes": found.counts("cells").sum(0), "weights": running.weights["source_cells"]}

    return run


main(build, "neurosim")
