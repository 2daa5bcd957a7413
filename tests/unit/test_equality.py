"""Descriptions and results are equal if what they hold is equal, arrays included."""

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from neurosim import (
    LIF,
    AllToAll,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Recording,
    Sparse,
    SpikeRaster,
    Timed,
    Uniform,
    emulate_network,
)
from neurosim.display.equality import same
from neurosim.display.short import Short
from neurosim.network.connectivity import Connectivity
from neurosim.plasticity import pair_stdp
from neurosim.plasticity.products import VariedValues
from neurosim.results.recorded import Recorded
from neurosim.results.weight_trace import SparseValues
from neurosim.units import Hz, ms, mV
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
    one, other = (VariedValues("pre", np.zeros(2)) for _ in range(2))
    assert one == one and hash(one) == hash(one) and one != other


def test_a_stored_zero_is_a_synapse_and_the_order_of_storage_does_not_count():
    pairs, values = (np.array([0, 1, 2, 2]), np.array([1, 1, 0, 2])), np.array([1.0, 0.0, np.nan, 3.0])
    matrix, turned = (sparse.coo_array((values[::k], tuple(p[::k] for p in pairs)), shape=(3, 3)) for k in (1, -1))
    formats = ("csr", "csc", "coo", "lil", "dok")
    assert all(same(matrix.asformat(name), turned) for name in formats)
    without = sparse.csr_array(turned.tocsr())
    without.eliminate_zeros()
    assert not same(matrix, without) and not same(sparse.csr_array(matrix), without)


def test_index_arrays_that_are_wrong_are_compared_as_they_are():
    wrong = [sparse.csr_array(np.eye(3)) for _ in range(3)]
    for matrix, indptr in zip(wrong, ([0, 10**6, -5, 3], [0, 10**6, -5, 3], [0, 3, 1, 3]), strict=True):
        matrix.indptr = np.array(indptr)
    assert same(wrong[0], wrong[1]) and not same(wrong[0], wrong[2]) and not same(wrong[0], sparse.csr_array(np.eye(3)))


@pytest.mark.parametrize("other", [None, 1.0, [[1.0, 2.0]], np.eye(3), AllToAll(1)])
def test_a_sparse_matrix_is_no_other_value(other):
    matrix = sparse.csr_array(np.eye(3))
    assert Projection("a", "b", matrix) != Projection("a", "b", other) and not same(other, matrix)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_copies_with_sparse_weights_and_timed_currents_are_equal(copied, tmp_path):
    matrix = sparse.random_array((6, 3), density=0.5, format="csr", rng=1)
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=10 * mV), current=Timed([0, 8] * mV, 20 * ms))
    inputs = Population("in", 6, PoissonInput(50 * Hz))
    probes = [Probe("in_cells", "w", every=10 * ms)]
    made = Network("n", [inputs, cells], [Projection("in", "cells", Sparse(matrix, mV))], probes)
    assert made == copied(made)
    run = emulate_network(made, 20 * ms)
    run.save(tmp_path / "run.h5")
    assert run == copied(run) == Recording.load(tmp_path / "run.h5")
    assert Sparse(matrix, mV) != Sparse(2 * matrix, mV) and Timed([1, 2], 1 * ms) != Timed([1, 2], 2 * ms)


def test_recorded_weights_of_sparse_projections_compare_as_an_array():
    values = SparseValues(np.array([[1.0, 2.0]]), np.array([0, 1]), np.array([0, 1, 2]), (2, 2))
    assert np.array_equal(values == 0, [[[False, True], [True, False]]]) and not np.any(values != np.asarray(values))


def test_recorded_mappings_of_arrays_compare_with_both_operators():
    one, other, more = (Recorded({"v": np.arange(k)}) for k in (3, 3, 4))
    assert one == other and not (one != other) and one != more and not (one == more)


def test_parameters_that_differ_between_synapses_compare_with_distributions():
    rule = pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV)
    listed, drawn = (rule.with_parameters({"a_plus": given}) for given in (np.ones(3) * mV, Uniform(0 * mV, 1 * mV)))
    assert listed != drawn and drawn != listed and listed == rule.with_parameters({"a_plus": np.ones(3) * mV})


def test_what_a_subclass_sets_itself_is_compared():
    assert OwnPattern(0) == OwnPattern(0) != OwnPattern(1)


def test_all_nan_are_equal_and_have_the_same_hash():
    one, other = (Row("r", float("nan")) for _ in range(2))
    assert one == other and hash(one) == hash(other) and one != Row("r", 0.0)
    assert same(np.array([None, np.ones(2)], object), np.array([None, np.ones(2)], object))


@dataclass(frozen=True)
class Row(Short):
    """Something with a number."""

    name: str
    value: float


class OwnPattern(Connectivity):
    """A pattern of a user, which sets an attribute that is no field."""

    def __init__(self, k):
        object.__setattr__(self, "weight", 1)
        object.__setattr__(self, "k", k)
