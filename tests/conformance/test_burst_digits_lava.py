"""A slice of the burst digits on the chip: training in Lava `fixed_pt` and on the emulator, every spike and weight."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.burst_digits import PERIOD, coded, labelled
from models.burst_digits import FEEDBACKS, build
from neurosim import deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.runner import run_lava
from neurosim.data import load_dataset
from neurosim.network.probes import SynapseProbe
from tests.conformance.lava_children import TIMEOUT, needs_lava

pytestmark = [pytest.mark.slow, needs_lava]

IMAGES, HIDDEN = 12, 30
PLASTIC = ("image_hidden", "hidden_output")


def shown():
    """Training images with their labels, one after the other."""
    digits = load_dataset("digits")
    images, labels = digits.train_images[:IMAGES] / digits.max_value, digits.train_labels[:IMAGES]
    given = {"image": coded(images, np.random.default_rng(0)), "label": labelled(labels)}
    return {name: raster.reshape(1, IMAGES * PERIOD, -1) for name, raster in given.items()}


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_training_is_equal(feedback):
    """Random rounding included, bit for bit; nothing is set back between images."""
    program = deploy(build(hidden=HIDDEN, each=2, eta=0.02, output_eta=0.05, feedback=feedback)).program
    asked = {
        "inputs": shown(),
        "probes": [(name, state) for name in ("hidden", "output") for state in ("v", "v_d")],
        "watch": [SynapseProbe(name, variable, 21) for name in PLASTIC for variable in ("w", "tag")],
    }
    found, wanted = emulate(program, IMAGES * PERIOD, **asked), run_lava(program, IMAGES * PERIOD, timeout=TIMEOUT, **asked)
    for name in ("hidden", "output"):
        assert np.array_equal(found.raster(name), wanted.raster(name)), name
        assert {1, 2} <= set(wanted.spikes[name].payload), f"{name} has events and bursts"
    for key, values in wanted.states.items():
        assert np.array_equal(found.states[key], values), key
    for kind in ("weights", "synapses"):
        for key, kept in getattr(wanted, kind).items():
            assert np.array_equal(getattr(found, kind)[key].values, kept.values), key
    for name in PLASTIC:
        w = wanted.weights[name].values
        assert np.abs(w[-1] - w[0]).max() > 3, name
