"""Two layers of LIF neurons that classify images, in neurosim, on its emulator, in the integers of Loihi 2."""

from common import main

from neurosim import LIF, ImageInput, Network, Population, Projection, RateCoding, deploy
from neurosim.backends.emulator import emulate
from neurosim.units import ms


def build(given):
    cell = LIF(tau_m=20 * ms, v_th=1.0)
    images, steps, n = given["raster"].shape
    network = Network(
        "inference",
        [
            Population("image", n, ImageInput(RateCoding(steps))),
            Population("hidden", 512, cell),
            Population("output", 10, cell),
        ],
        [Projection("image", "hidden", given["hidden"]), Projection("hidden", "output", given["output"])],
        dt=1 * ms,
    )
    program = deploy(network, "loihi2").program
    return lambda: {"counts": emulate(program, steps, inputs={"image": given["raster"]}).counts("output")}


main(build, "neurosim")
