"""Spiking network with one hidden layer that learns handwritten digits by PEPITA: the error changes the input of a second pass.

Paper: Dellaferrera, Kreiman (2022), "Error-driven input modulation: solving the credit assignment problem without a backward
pass", ICML, doi:10.48550/arXiv.2201.11665.

Each image lasts for two windows of `WINDOW` steps, and all neurons count their spikes in both. In the first window the image
alone is shown. Each output neuron then knows by how much its count differs from that of its label, and sends this error as
spikes, through random weights, to the neurons of the pixels. In the last step of the second window, the weights of the hidden
layer change by ``-eta D x``, where D is the first count minus the second, and x is a trace of the presynaptic spikes of the
second window. The output layer has the same rule with D = second count minus label. Nothing is sent down through the weights.

Deviations: counts and traces take the place of rates, there are no mini-batches, no momentum and no dropout, the input never
becomes negative because pixels that are 0 have a rate of 0.1 and neurons have no negative rate, and weights are bounded.

Expected: with 30 hidden neurons, more than 85 % of scikit-learn's digits right after 8 epochs, at least 5 points more than with
a hidden layer that keeps its random weights; `experiments/pepita_digits.py` measures it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster, TwoWindowLIF, per_step
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.rng import stream
from neurosim.units import ms

PIXELS, CLASSES = 64, 10
WINDOW, HOLD, SETTLE = 48, 3, 4
"""Steps of a window, and the steps at its beginning in which neurons are held, and do not count."""
COUNTED = WINDOW - SETTLE
"""The largest count."""
UNIT = 2 / (COUNTED * WINDOW)
"""A learning rate of 1 for rates, for counts of up to `COUNTED` and traces of up to `WINDOW` / 2."""


def build(
    image: Any = None,
    label: Any = None,
    hidden: int = 30,
    eta: float = 0.067 * UNIT,
    output_eta: float = 0.03 * UNIT,
    way_in: float = 0.3,
    bound: float | None = 1.5,
    seed: int = 0,
) -> Network:
    """Build the network; `image` (steps, pixels) and `label` (steps, classes) are spikes.

    The weights of the way in are uniform within ``way_in sqrt(6 / pixels)`` for an error of 1, all counts. If a learning rate
    is 0, the layer keeps its weights. `bound` is the largest size of a weight, which Lava in float does not have (None).
    """
    rng = stream(seed, "weights")
    first = _start(rng.normal(0, np.sqrt(2 / PIXELS), (PIXELS, hidden)), bound)
    last = _start(rng.normal(0, np.sqrt(1 / hidden), (hidden, CLASSES)), bound)
    back = rng.uniform(-1, 1, (CLASSES, PIXELS)) * way_in * np.sqrt(6 / PIXELS) * WINDOW / COUNTED
    cell = TwoWindowLIF(
        tau_m=per_step(1), v_th=1.0, period=2 * WINDOW * ms, first=WINDOW * ms, settle=SETTLE * ms, hold=HOLD * ms
    )
    return Network(
        name="pepita_digits",
        populations=[
            Population("image", PIXELS, SpikeRaster(np.zeros((1, PIXELS), np.uint8) if image is None else image)),
            Population("label", CLASSES, SpikeRaster(np.zeros((1, CLASSES), np.uint8) if label is None else label)),
            Population("pixel", PIXELS, cell),
            Population("hidden", hidden, cell),
            Population("output", CLASSES, cell),
        ],
        projections=[
            Projection("image", "pixel", OneToOne(1.0)),
            Projection("pixel", "hidden", first, plasticity=_rule("difference", eta, bound) if eta else None),
            Projection("hidden", "output", last, plasticity=_rule("excess", output_eta, bound) if output_eta else None),
            Projection("label", "output", OneToOne(1.0), receptor="target"),
            Projection("output", "pixel", back, channel="over", name="way_in_over"),
            Projection("output", "pixel", -back, channel="under", name="way_in_under"),
        ],
        dt=1 * ms,
        seed=seed,
    )


def _start(weights: Any, bound: float | None) -> Any:
    return weights if bound is None else np.clip(weights, -bound, bound)


def _rule(factor: str, eta: float, bound: float | None) -> PlasticityRule:
    return PlasticityRule(
        name="pepita",
        traces={"x": pre(decay=1 - 2 / WINDOW, peak=0.4 * WINDOW)},
        modulators={"D": post_modulator(factor, peak=COUNTED)},
        every={1: {"w": "-eta * D * x"}},
        parameters={"eta": eta},
        bounds=None if bound is None else (-bound, bound),
        paper="Dellaferrera, Kreiman 2022, arXiv:2201.11665",
        equation=r"\Delta w = -\eta \, (n_1 - n_2) \, x_2",
    )
