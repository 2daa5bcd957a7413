"""Desire backpropagation on MNIST itself: Brian2 learns the same weights.

``NEUROSIM_FULL=1 pytest tests/acceptance/test_desire_mnist.py`` does so at the published size, which takes minutes.
"""

import os

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.data.locate import ENVIRONMENT
from neurosim.models import load_model
from neurosim.rng import stream
from neurosim.train import Dropout
from neurosim.train.desire.brian2_training import train_brian2
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.online import present, train_block

SIZES = (784, 1600, 800, 10) if os.environ.get("NEUROSIM_FULL") else (784, 100, 10)


@pytest.mark.skipif(not os.environ.get(ENVIRONMENT), reason=f"{ENVIRONMENT} names no folder with MNIST")
def test_brian2_learns_the_same_weights_from_100_images():
    mnist, network = load_dataset("mnist"), load_model("desire_mlp", sizes=SIZES)
    ours, theirs, before = (chain_of(network) for _ in range(3))
    shown = present(ours, mnist.train_images[:100] / np.float32(255), mnist.train_labels[:100], Dropout(0, 0.3), stream(0))
    np.testing.assert_array_equal(train_block(ours, shown, ours.eta), train_brian2(theirs, shown, theirs.eta))
    for a, b, c in zip(ours.weights, theirs.weights, before.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
        assert np.abs(a - c).max() > 1e-3
