"""Patterns and distributions check what they are made of."""

import numpy as np
import pytest

from neurosim import (
    LIF,
    AllToAll,
    Convolution,
    FixedProbability,
    LocallyConnected,
    Network,
    Normal,
    Population,
    Projection,
    Uniform,
)
from neurosim.errors import NetworkError
from neurosim.network.connectivity import Connectivity
from neurosim.units import ms, mV

CELL = LIF(tau_m=10 * ms, v_th=1.0)


def network(weights, n=3):
    return Network("net", [Population("a", n, CELL)], [Projection("a", "a", weights)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FixedProbability(1.0, p=1.5), "FixedProbability.p: expected a probability from 0 to 1, found 1.5"),
        (lambda: FixedProbability(1.0, p=np.nan), "FixedProbability.p = nan"),
        (lambda: FixedProbability(1.0, p="0.1"), "FixedProbability.p = '0.1'"),
        (lambda: FixedProbability(1.0, p=True), "FixedProbability.p = True"),
        (lambda: FixedProbability(1.0, p=[0.1, 0.2]), "FixedProbability.p = "),
        (lambda: network(AllToAll([1.0, 2.0])), r"'a_a': weight: expected one strength or 9 .* found shape \(2,\)"),
        (lambda: LocallyConnected(1.0, shape=(0, 3)), r"LocallyConnected.shape\[0\] = 0; expected a whole number"),
        (lambda: LocallyConnected(1.0, shape=5), "LocallyConnected.shape = 5"),
        (lambda: LocallyConnected(1.0, shape=(3, 3), kernel=1.5), "LocallyConnected.kernel = 1.5"),
        (lambda: LocallyConnected(1.0, shape=(3, 3), stride=0), "LocallyConnected.stride = 0"),
        (lambda: LocallyConnected(1.0, shape=(3, 3), channels=True), "LocallyConnected.channels = True"),
        (lambda: Convolution(1.0, shape="33"), "Convolution.shape = '33'"),
        (lambda: Convolution(1.0, shape=(3, 3), stride=None), "Convolution.stride = None"),
        (lambda: network(Convolution(1.0, shape=(3, 3))), "Convolution.weight: expected a kernel"),
        (lambda: network(AllToAll(1.0), n=10**6), "'a_a': AllToAll: found 1000000000000 synapses; expected at most 2147483647"),
        (lambda: network(FixedProbability(1.0, p=0.1), n=10**6), "FixedProbability: found 100000000000 synapses"),
        (lambda: network(AllToAll), "expected a number or an array"),
        (lambda: Population("a", 2**40, CELL), "n = 1099511627776; expected at most 2147483647"),
    ],
)
def test_what_is_no_pattern(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


class Enormous(Connectivity):
    def matrix(self, ends, unit, rng):
        raise MemoryError


def test_weights_that_memory_does_not_hold():
    with pytest.raises(NetworkError, match="Projection 'a_a': weights from 3 to 3 neurons do not fit into memory"):
        network(Enormous(1.0))


def test_zero_has_every_unit():
    given = (Uniform(0, 5 * mV), Normal(0, 1 * mV), Normal(2 * mV, 0))
    drawn = [distribution.draw((1000,), "volt", np.random.default_rng(0)) for distribution in given]
    assert 0 <= drawn[0].min() and 4e-3 < drawn[0].max() <= 5e-3
    assert abs(drawn[1].std() - 1e-3) < 1e-4 and np.all(drawn[2] == 2e-3)
