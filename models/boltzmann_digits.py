"""Restricted Boltzmann machine of spiking units that learns handwritten digits by event-driven contrastive divergence.

Paper: Neftci, Das, Pedroni, Kreutz-Delgado, Cauwenberghs (2014), "Event-driven contrastive divergence for spiking neuromorphic
systems", doi:10.3389/fnins.2013.00272.

Visible units are 64 pixels and `PER_CLASS` units for each class. Layers take turns: visible units draw their spikes in even
steps and hidden units in odd steps, and in the step between, a unit repeats what it drew, because its own spike or silence
clamps it. In odd steps, both layers therefore hold one sample of the machine. Two strong inputs set visible units to 1 ("set")
or 0 ("clear"); without them they are free. The rule ``eta g x y`` adds the products of both layers' spikes if g is 1, while the
data are present, and subtracts them if g is -1, after the machine was free for `FREE` pairs of steps. The weights down have the
same rule as the weights up. Both get the same products, so they remain equal, and none is transported. To ask for a class, only
the pixels are set, and spikes of the class units are counted.

Deviations: units are neurosim's StochasticUnit instead of integrate-and-fire neurons with noise, a product counts only spikes
of the same step, and biases are weights from a neuron that always spikes. A chip rounds all changes of a step with the same
random number, so `eta` is one step of an 8-bit weight, which needs no rounding.

Expected: at least 85 % of scikit-learn's digits right after 24 epochs; `experiments/boltzmann_digits.py` measures it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster
from neurosim.neurons import StochasticUnit
from neurosim.plasticity import PlasticityRule, broadcast, post, pre
from neurosim.rng import stream
from neurosim.units import ms

PIXELS, CLASSES, PER_CLASS = 64, 10, 4
VISIBLE = PIXELS + CLASSES * PER_CLASS
FREE = 3
"""Pairs of steps without data before products are subtracted: k of CD-k."""
PERIOD = 2 * (2 + FREE)
"""Steps of an image."""
SET = 8.0
"""Input that sets a unit, whatever the others send: its probability is 0 or 1 from 5 on."""


def build(
    data: Any = None, hidden: int = 200, eta: float = 1 / 256, bound: float | None = 1.0, start: float = 0.05, seed: int = 0
) -> Network:
    """Build the machine; `data` (steps, visible) are 1, -1 or 0, for a unit that is set to 1 or 0, or is free.

    Weights start with the standard deviation `start`; `bound` is their largest size, which Lava in float does not have (None).
    """
    rows = np.zeros((PERIOD, VISIBLE), np.int32) if data is None else np.asarray(data, np.int32)
    weights = stream(seed, "weights").normal(0.0, start, (VISIBLE, hidden))
    rule = PlasticityRule(
        name="ecd",
        traces={"x": pre(decay=0, peak=1.0), "y": post(decay=0, peak=1.0)},
        modulators={"g": broadcast()},
        every={2: {"w": "eta * g * x * y"}},
        parameters={"eta": eta},
        bounds=None if bound is None else (-bound, bound),
        paper="Neftci et al. 2014, doi:10.3389/fnins.2013.00272",
        equation=r"\Delta w = \eta \, g \, x \, y",
    )
    return Network(
        name="boltzmann_digits",
        populations=[
            Population("set", VISIBLE, SpikeRaster((rows > 0).astype(np.uint8))),
            Population("clear", VISIBLE, SpikeRaster((rows < 0).astype(np.uint8))),
            Population("one", 1, SpikeRaster(np.ones((len(rows), 1), np.uint8))),
            Population("visible", VISIBLE, StochasticUnit(period=2 * ms, clamp_from=1 * ms, clamp_to=2 * ms)),
            Population("hidden", hidden, StochasticUnit(period=2 * ms, clamp_from=0 * ms, clamp_to=1 * ms)),
        ],
        projections=[
            Projection("set", "visible", OneToOne(SET)),
            Projection("clear", "visible", OneToOne(-SET)),
            Projection("visible", "hidden", weights, plasticity=rule),
            Projection("hidden", "visible", weights.T, plasticity=rule),
            Projection("one", "visible", np.full((1, VISIBLE), -0.75), plasticity=rule),
            Projection("one", "hidden", np.full((1, hidden), -0.5), plasticity=rule),
            *(_repeats(name, *held) for name in ("visible", "hidden") for held in (("spike", 1.0), ("silence", -1.0))),
        ],
        dt=1 * ms,
        seed=seed,
    )


def _repeats(population: str, channel: str, weight: float) -> Projection:
    return Projection(
        population, population, OneToOne(weight), channel=channel, receptor="clamp", name=f"{population}_{channel}"
    )
