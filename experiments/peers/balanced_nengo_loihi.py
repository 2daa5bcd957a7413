"""A balanced network in nengo-loihi's emulator, which computes in the integers of the first Loihi chip."""

import numpy as np
from common import main
from loihi_blocks import block, connect, emulator, source_of

SCALE = 100
"""Integers per unit of a weight, so that the threshold is 2000 and the largest weight 250."""


def build(given):
    cells = block(len(given["recurrent"]), 20 * SCALE, round(4096 * (1 - given["decay"])))
    source = source_of(given["raster"])
    for pre, name in ((source, "external"), (cells, "recurrent")):
        connect(pre, cells, (given[name] * given["decay"] * SCALE).round())
    chip = emulator([cells], [source])

    def run():
        found = []
        for _ in given["raster"]:
            chip.step()
            found.append(chip.compartment.spiked.copy())
        step, neuron = np.array(found).nonzero()
        return {"step": step, "neuron": neuron}

    return run


main(build, "nengo_loihi", "nengo")
