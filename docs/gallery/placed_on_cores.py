"""A network on the cores of Loihi.

A network of 784, 1600, 800 and 10 neurons is placed on the cores of the first Loihi chip. Each square is a core, four of them
are a tile, and the colour is the largest share that is used of any of its resources. Lines are spikes between cores in a run of
200 ms; the inputs are on the host and have no core. Cores that send many spikes to each other lie close together.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from neurosim import LIF, AllToAll, Network, Normal, PoissonInput, Population, Projection, deploy
from neurosim.units import Hz, ms, mV

SIZES = (784, 1600, 800, 10)


def build() -> Network:
    """Layers that are connected all to all."""
    cell = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    names = ["input", "first", "second", "output"]
    weights = [AllToAll(Normal(160 * mV / n, 200 * mV / n)) for n in SIZES]
    return Network(
        name="layers",
        populations=[
            Population("input", SIZES[0], PoissonInput(20 * Hz)),
            *(Population(name, n, cell) for name, n in zip(names[1:], SIZES[1:], strict=True)),
        ],
        projections=[Projection(a, b, w) for a, b, w in zip(names, names[1:], weights, strict=False)],
        seed=2,
    )


def figure() -> Figure:
    """The chip, with the traffic of a run."""
    chip = deploy(build(), "loihi1")
    placement = chip.place(activity=chip.emulate(200 * ms))
    assert placement.cores <= 1.15 * placement.bound["memory"]
    assert placement.traffic.sum() > 0
    return placement.plot()
