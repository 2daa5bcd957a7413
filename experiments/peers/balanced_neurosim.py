"""A balanced network in neurosim, on its emulator."""

from common import main

from neurosim import LIF, Network, Population, Projection, SpikeRaster, start
from neurosim.units import ms


def build(given):
    external, recurrent = given["external"], given["recurrent"]
    network = Network(
        "balanced",
        [
            Population("source", len(external), SpikeRaster(given["raster"])),
            Population("cells", len(recurrent), LIF(tau_m=20 * ms, v_th=20)),
        ],
        [Projection("source", "cells", external), Projection("cells", "cells", recurrent)],
        dt=1 * ms,
    )
    running = start(network)

    def run():
        spikes = running.advance(len(given["raster"]) * ms, progress=False).spikes["cells"]
        return {"step": spikes.step, "neuron": spikes.neuron}

    return run


main(build, "neurosim")
