"""Descriptions and results are equal if what they hold is equal, arrays included."""

import copy

import numpy as np
import pytest
from scipy import sparse

from neurosim import LIF, Population, Probe, Projection, Sparse, SpikeRaster, emulate_network
from neurosim.display.equality import same
from neurosim.units import ms, mV
from tests.acceptance.constructors import BASES
from tests.acceptance.shown_objects import learning, made
from tests.unit.test_running import network


@pytest.mark.parametrize("name", BASES)
def test_copies_of_descriptions_compare(name):
    base = BASES[name]
    each = base.make(**base.given)
    for one in each if isinstance(each, list) else [each]:
        assert type(one == copy.deepcopy(one)) is bool


def test_copies_of_results_compare(tmp_path):
    objects = made(tmp_path)
    # Compiled code has no copy.
    objects.pop("running")
    assert not [name for name, one in objects.items() if type(one == copy.deepcopy(one)) is not bool]
    assert objects["recording"] == copy.deepcopy(objects["recording"])
    assert objects["deployment"] == copy.deepcopy(objects["deployment"])


def test_the_same_run_twice_is_equal_and_another_one_is_not():
    first, second, longer = (emulate_network(learning(), time * ms) for time in (50, 50, 60))
    assert first == second and first.spikes == second.spikes and first.weights == second.weights
    assert first != longer and first.spikes != longer.spikes
    assert first.info["seconds"] != second.info["seconds"]


def test_one_number_makes_a_difference():
    raster = np.zeros((4, 2), int)
    other = raster.copy()
    other[3, 1] = 1
    assert SpikeRaster(raster) == SpikeRaster(raster.copy()) != SpikeRaster(other)
    assert Projection("a", "b", np.ones((2, 2))) == Projection("a", "b", np.ones((2, 2)))
    assert Projection("a", "b", np.ones((2, 2))) != Projection("a", "b", np.ones((2, 3)))
    assert Projection("a", "b", np.ones((2, 2)) * mV) != Projection("a", "b", np.ones((2, 2)))
    assert network() == network() != network(weights=np.full((6, 3), 2.5) * mV)


def test_parts_of_collections_are_compared():
    matrix = sparse.csr_array(np.eye(3))
    assert same({"a": [matrix, np.nan * np.ones(2)]}, {"a": [matrix.copy(), np.nan * np.ones(2)]})
    assert not same({"a": [matrix]}, {"a": [2 * matrix]}) and not same({"a": 1}, {"b": 1}) and not same((1,), [1])
    assert not same(np.ones(3), 1.0) and not same(1.0, np.ones(3)) and not same(matrix, np.eye(3))


def test_what_is_equal_is_found_in_sets():
    assert len({Probe("a", "v"), Probe("a", "v"), Probe("b", "v")}) == 2
    assert Population("a", 2, LIF(tau_m=20 * ms, v_th=1)) == Population("a", 2, LIF(tau_m=20 * ms, v_th=1))
    # Large things that are declared so are only equal to themselves.
    one = Sparse(matrix := sparse.eye_array(3), 1)
    assert one == one and hash(one) == hash(one) and one != Sparse(matrix, 2)
