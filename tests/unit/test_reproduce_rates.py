"""A training of rates is computed again from the settings in its file, and compared bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from neurosim.checks.described import plain
from neurosim.data import load_dataset
from neurosim.errors import DataError
from neurosim.rate import (
    ALGORITHMS,
    SQUARED,
    Conv,
    Dense,
    MeanPool,
    Momentum,
    RateNetwork,
    RateTraining,
    layered,
    train_rates,
)  # fmt: skip
from neurosim.rate.algorithms.layerwise import Layerwise
from neurosim.rate.checkpoint import CHECKPOINT, Running
from neurosim.reproduce import reproduce
from neurosim.reproduce.rates import _network, _rebuilt

DENSE = layered(64, 12, 10, seed=1)
POOLED = RateNetwork(
    (1, 8, 8), (Conv(3, "tanh", kernel=3, pooled=MeanPool(2)), Dense(10, "logistic")), SQUARED, bias=False, seed=2
)


def trained(folder, network=DENSE, algorithm=None, data=None, **settings):
    algorithm, data = algorithm or ALGORITHMS["kolen_pollack"].make(), data or load_dataset("digits")
    return train_rates(network, algorithm, data, epochs=1, folder=folder, progress=False, **settings)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_recipe_is_rebuilt_from_its_description(name):
    recipe = ALGORITHMS[name].recipe("digits")
    algorithm, network = ALGORITHMS[name].make(**recipe.options), recipe.network(load_dataset("digits"), 3)
    assert _rebuilt(algorithm.described()) == algorithm
    assert _network(network.described()) == network
    assert _rebuilt(plain(recipe.optimiser)) == recipe.optimiser


@pytest.mark.parametrize(
    "settings",
    [{}, {"network": POOLED, "optimiser": Momentum(0.5), "batch": 50, "dtype": "float64"}, {"algorithm": Layerwise(eta=0.0)}],
)
def test_a_training_is_equal(settings, tmp_path):
    trained(tmp_path, **settings)
    assert reproduce(tmp_path / CHECKPOINT).equal


@pytest.mark.parametrize("data", [lambda d: d.held_out(300, 4), lambda d: d.shuffled(3), lambda d: d.shuffled(3).held_out(9)])
def test_a_training_on_other_divisions_is_equal(data, tmp_path):
    trained(tmp_path, data=data(load_dataset("digits")))
    assert reproduce(tmp_path / CHECKPOINT).equal


def test_the_first_difference_is_named(tmp_path):
    found = trained(tmp_path)
    found.state["weights"][1][3, 4] += 1
    found.save(tmp_path)
    assert "weights[1][3, 4]" in reproduce(tmp_path / CHECKPOINT).difference


def test_a_result_with_nan_equals_itself(tmp_path):
    with np.errstate(all="ignore"):
        trained(tmp_path, algorithm=Layerwise(eta=1e30))
        assert np.isnan(RateTraining.load(tmp_path).history[-1].loss)
        assert reproduce(tmp_path / CHECKPOINT).equal


def test_an_unfinished_epoch_cannot_be_reproduced(tmp_path):
    replace(trained(tmp_path), running=Running(images=32), batches=46).save(tmp_path)
    with pytest.raises(DataError, match="stopped within an epoch; finish the epoch with --resume"):
        reproduce(tmp_path / CHECKPOINT)


@dataclass(frozen=True)
class Mine(Layerwise):
    """An algorithm that neurosim does not know."""


def test_an_algorithm_of_another_program_is_refused_by_name(tmp_path):
    trained(tmp_path, algorithm=Mine())
    with pytest.raises(DataError, match="'Mine' is not one of neurosim's own kinds"):
        reproduce(tmp_path / CHECKPOINT)


def test_a_part_of_a_data_set_is_refused(tmp_path):
    digits = load_dataset("digits")
    trained(tmp_path, data=replace(digits, train_images=digits.train_images[:100], train_labels=digits.train_labels[:100]))
    with pytest.raises(DataError, match="learned 100 images, but 'digits' has 1437"):
        reproduce(tmp_path / CHECKPOINT)


@pytest.mark.parametrize("wrong", [{"network": 3}, {"algorithm": {}}, {"held": 3}, {"network": {"layers": []}}])
def test_settings_that_describe_nothing_are_refused(wrong, tmp_path):
    found = trained(tmp_path)
    replace(found, settings={**found.settings, **wrong}).save(tmp_path)
    with pytest.raises(DataError, match="settings do not describe a training"):
        reproduce(tmp_path / CHECKPOINT)
