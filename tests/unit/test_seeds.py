"""Seeds are whole numbers of at least 0, wherever one is given."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import LIF, Network, PoissonInput, Population, train
from neurosim.data import load_dataset
from neurosim.errors import NetworkError, NeurosimError
from neurosim.models import load_model
from neurosim.plasticity.feedback import RandomFeedback
from neurosim.program.inputs import input_rasters
from neurosim.rng import stream
from neurosim.units import Hz, ms

CELL = LIF(tau_m=10 * ms, v_th=1.0)
WRONG = [None, -1, 1.5, 1.0, "1", True, [1, 2], np.array([1, 2]), np.nan]


def network(seed):
    return Network("net", [Population("a", 3, PoissonInput(300 * Hz))], seed=seed)


@pytest.mark.parametrize("seed", WRONG, ids=repr)
def test_what_is_no_seed(seed):
    with pytest.raises(NetworkError, match="Network 'net': seed = .*; expected a whole number"):
        network(seed)
    with pytest.raises(NetworkError, match="seed"):
        stream(seed, "part")


@pytest.mark.parametrize("seed", [np.int64(7), np.uint8(7), 7], ids=repr)
def test_integers_of_numpy_are_the_same_seed(seed):
    made = network(seed)
    assert type(made.seed) is int
    assert_array_equal(*(input_rasters(net, 50)["a"] for net in (made, network(7))))


def test_a_seed_can_be_large():
    assert input_rasters(network(2**200), 50)["a"].any()


@pytest.mark.parametrize("seed", [None, -1, 1.5, "1", True], ids=repr)
@pytest.mark.parametrize("what", ["train", "feedback"])
def test_other_seeds(what, seed):
    with pytest.raises(NeurosimError, match="seed"):
        if what == "train":
            train(load_model("desire_mlp", sizes=(64, 20, 10)), load_dataset("digits"), seed=seed)
        else:
            RandomFeedback(seed=seed)
