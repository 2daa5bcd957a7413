"""Two layers of LIF neurons that classify images, in nengo-loihi's emulator, in the integers of the first Loihi chip."""

import numpy as np
from common import main
from loihi_blocks import block, connect, emulator, source_of


def build(given):
    images, steps, n = given["raster"].shape
    blocks, pre = [], source_of(given["raster"].reshape(-1, n))
    inputs = [pre]
    for name in ("hidden", "output"):
        scale = 254 / np.abs(given[name] * given["decay"]).max()
        cells = block(given[name].shape[1], round(scale), round(4096 * (1 - given["decay"])))
        connect(pre, cells, (given[name] * given["decay"] * scale / 2).round() * 2)
        blocks.append(cells)
        pre = cells
    chip = emulator(blocks, inputs)

    def run():
        counts = np.zeros((images, 10), int)
        for image in range(images):
            chip.compartment.voltage[:] = 0
            for _ in range(steps):
                chip.step()
                counts[image] += chip.compartment.spiked[-10:]
        return {"counts": counts}

    return run


main(build, "nengo_loihi", "nengo")
