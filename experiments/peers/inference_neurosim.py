"""Two layers of LIF neurons that classify images, in neurosim, on its emulator."""

from common import main

from neurosim import LIF, ImageInput, Network, Population, Projection, RateCoding
from neurosim.backends.emulator import emulate
from neurosim.program.lower import lower
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
    program = lower(network)
    return lambda: {"counts": emulate(program, steps, inputs={"image": given["raster"]}).counts("output")}


main(build, "neurosim")
