"""Sparse weights at the door: units, index arrays, duplicates, order; what the user changes later changes nothing."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, Sparse, simulate
from neurosim.errors import NetworkError, UnitError
from neurosim.network.connectivity import Connectivity
from neurosim.units import Hz, ms, mV, nA

CELL = LIF(tau_m=10 * ms, v_th=10 * mV)
PLAIN = LIF(tau_m=10 * ms, v_th=1.0)
DENSE = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0]])
FORMATS = ["csr", "csc", "coo", "bsr", "dok", "lil", "dia"]


def network(weights, post=PLAIN, **options):
    populations = [Population("a", 2, PoissonInput(10 * Hz)), Population("b", 3, post)]
    return Network("net", populations, [Projection("a", "b", weights, **options)])


def weights_of(net):
    return net.weights(net.projections[0])


def dense(net):
    return sparse.csr_array(weights_of(net)).toarray()


def broken(form="csr", **parts):
    """A matrix whose arrays were replaced behind SciPy's back."""
    matrix = sparse.csr_array(DENSE).asformat(form)
    for name, value in parts.items():
        setattr(matrix, name, np.asarray(value))
    return matrix


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_becomes_one(form, make):
    found = weights_of(network(make(DENSE).asformat(form)))
    assert isinstance(found, sparse.csr_array) and found.has_canonical_format
    assert_array_equal(found.toarray(), DENSE)


def test_unsorted_rows_are_sorted_and_zeros_stay_synapses():
    matrix = sparse.csr_array((np.array([2.0, 0.0, 4.0]), np.array([2, 1, 0]), np.array([0, 2, 3])), shape=(2, 3))
    found = weights_of(network(matrix))
    assert_array_equal(found.indices, [1, 2, 0])
    assert_array_equal(found.data, [0, 2, 4])


def test_integers_and_other_indices_are_taken():
    pairs = np.array([0, 1], np.uint8), np.array([2, 0], np.uint8)
    matrix = sparse.coo_array((np.array([1, 2], np.int8), pairs), shape=(2, 3))
    assert_array_equal(weights_of(network(matrix)).toarray(), [[0, 0, 1], [2, 0, 0]])


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (broken(indices=[1, -1, 0, 2]), "post indices: expected whole numbers from 0 to 2, found -1 at place 1"),
        (broken(indices=[1, 2, 0, 3]), "post indices: .*found 3 at place 3"),
        (broken(indices=[1, 2, 0, 10**9]), "post indices: .*found 1000000000"),
        (broken(indices=[1, 2, 0.5, 2]), "post indices: .*found 0.5"),
        (broken(indices=[1, 2, 0]), "3 indices for 4 entries"),
        (broken(indptr=[0, 5, 4]), "indptr: .*from 0 to 4, found 5"),
        (broken(indptr=[0, -2, 4]), "indptr: .*found -2"),
        (broken(indptr=[0, 3, 2]), "indptr does not divide"),
        (broken(indptr=[1, 2, 4]), "indptr does not divide"),
        (broken(indptr=[0, 4]), "indptr does not divide"),
        (broken("csc", indices=[1, 0, 0, 2]), "pre indices: .*from 0 to 1, found 2"),
        (broken("bsr", indices=[0, 1, 2, 30]), "post indices: .*found 30"),
        (broken("coo", row=[0, 0, 1, -1]), "pre indices: .*found -1"),
        (broken("coo", col=[0, 0, 1, 3]), "post indices: .*found 3"),
        (broken(data=np.array(["1", "2", "3", "4"])), "text"),
        (broken(data=np.ones(4, complex)), "complex"),
        (broken(data=np.ones(4, bool)), "truth values"),
        (broken(data=[np.nan, np.inf, 1, 1]), "2 of 4 weights are NaN"),
        (sparse.coo_array(([1.0, 2.0], ([1, 1], [2, 2])), shape=(2, 3)), r"1 -> 2; expected one. Call .sum_duplicates\(\)"),
        (broken(indices=[1, 1, 0, 2]), r"0 -> 1; expected one"),
        (sparse.eye_array(3), r"shape \(3, 3\); expected \(n_pre, n_post\) = \(2, 3\)"),
        (sparse.coo_array((10**9, 10**9)), r"expected \(n_pre, n_post\) = \(2, 3\)"),
    ],
)
def test_what_would_corrupt_memory_or_mislead_is_refused(matrix, words):
    with pytest.raises(NetworkError, match=f"Projection 'a_b': .*{words}"):
        network(matrix)


def test_summed_duplicates_are_taken():
    matrix = sparse.coo_array(([1.0, 2.0], ([1, 1], [2, 2])), shape=(2, 3))
    matrix.sum_duplicates()
    assert weights_of(network(matrix)).toarray()[1, 2] == 3


class Twice(Connectivity):
    def indices(self, n_pre, n_post, rng):
        return [0, 0], [1, 1]


class Outside(Connectivity):
    def indices(self, n_pre, n_post, rng):
        return [0], [n_post]


OWN = [(Twice(1.0), "Twice: .*0 -> 1"), (Outside(1.0), "Outside, post indices: .*found 3")]


@pytest.mark.parametrize(("pattern", "words"), OWN)
def test_a_pattern_of_ones_own_is_checked(pattern, words):
    with pytest.raises(NetworkError, match=words):
        network(pattern)


def test_a_plain_sparse_matrix_has_no_unit():
    for matrix in (sparse.csr_array(DENSE), sparse.csr_array(DENSE) * mV):
        with pytest.raises(UnitError, match=r"Projection 'a_b': .*in volt.*carries no unit.*write Sparse\(matrix, mV\)"):
            network(matrix, CELL)


def test_with_a_unit_it_is_the_dense_one():
    found = weights_of(network(Sparse(sparse.csr_array(DENSE), mV), CELL))
    assert isinstance(found, sparse.csr_array)
    assert_array_equal(found.toarray(), weights_of(network(DENSE * mV, CELL)))
    assert_array_equal(weights_of(network(Sparse(sparse.csr_array(DENSE), 2))).toarray(), 2 * DENSE)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: network(Sparse(sparse.csr_array(DENSE), nA), CELL), UnitError, "'a_b': Sparse.unit: .*in volt.*ampere"),
        (lambda: network(Sparse(sparse.csr_array(DENSE), 1), CELL), UnitError, "Sparse.unit: .*in volt"),
        (lambda: network(Sparse(broken(indices=[1, -1, 0, 2]), mV), CELL), NetworkError, "post indices"),
        (lambda: network(Sparse(sparse.eye_array(3), mV), CELL), NetworkError, r"\(3, 3\)"),
        (lambda: Sparse(DENSE, mV), NetworkError, r"Sparse.matrix: expected a SciPy sparse matrix.*array \* unit"),
        (lambda: Sparse(sparse.eye_array(3), [1, 2] * mV), NetworkError, "Sparse.unit: expected one positive quantity"),
        (lambda: Sparse(sparse.eye_array(3), 0 * mV), NetworkError, "Sparse.unit"),
        (lambda: Sparse(sparse.eye_array(3), None), UnitError, "Sparse.unit"),
        (lambda: network(AllToAll(sparse.eye_array(3))), UnitError, "sparse matrix; pass its"),
        (lambda: network(DENSE * mV, CELL, delay=sparse.csr_array(DENSE)), UnitError, r"'a_b': delay: .*\.toarray"),
    ],
)
def test_sparse_names_what_does_not_fit(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("kind", ["array", "list", "csr", "coo", "Sparse"])
def test_what_the_user_changes_later_changes_nothing(kind):
    given = {
        "array": DENSE.copy(),
        "list": DENSE.tolist(),
        "csr": sparse.csr_array(DENSE),
        "coo": sparse.coo_array(DENSE),
        "Sparse": sparse.csr_array(DENSE),
    }[kind]
    net = network(Sparse(given, 1) if kind == "Sparse" else given)
    if kind == "list":
        given[0][1] = 99
    else:
        (given if kind == "array" else given.data)[:] = 99
    for found in (net, net.with_weights({}), Network("again", net.populations, net.projections)):
        assert_array_equal(dense(found), DENSE)


@pytest.mark.parametrize("given", [DENSE, sparse.csr_array(DENSE)], ids=["dense", "sparse"])
def test_nobody_can_write_into_a_network(given):
    found = weights_of(network(given))
    with pytest.raises(ValueError, match="read-only"):
        (found.data if sparse.issparse(found) else found)[:] = 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (broken(indices=[1, -1, 0, 2]), "with_weights: 'a_b', post indices"),
        (np.ma.array(DENSE, mask=DENSE > 2), "with_weights: 'a_b': .*masked"),
        (DENSE * 1j, "complex"),
        (DENSE * mV, "plain number"),
        ("weights", "text"),
    ],
)
def test_weights_from_elsewhere_are_checked(given, words):
    with pytest.raises(NetworkError, match=words):
        network(sparse.csr_array(DENSE)).with_weights({"a_b": given})


def test_unsorted_and_sorted_matrices_run_alike():
    order = sparse.csr_array((np.array([2.0, 1.0, 4.0, 3.0]), np.array([2, 1, 2, 0]), np.array([0, 2, 4])), shape=(2, 3))
    runs = [simulate(network(m), 20 * ms, progress=False).counts("b") for m in (order, DENSE)]
    assert_array_equal(*runs)
