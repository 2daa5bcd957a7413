"""The one door for arrays and whole numbers: lists are arrays, and what is no real number is refused by name."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim.arrays import whole_number, whole_numbers
from neurosim.errors import NetworkError, UnitError
from neurosim.units import mA, mV, si

MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        ((1.0, 2), [1, 2]),
        (Fraction(1, 2), 0.5),
        (np.array([1, 2], object), [1, 2]),
        (np.ma.array([1, 2], mask=[False, False]), [1, 2]),
        (np.float16(0.5), 0.5),
        ([10**30], [1e30]),
        ([], []),
    ],
)
def test_numbers_in_any_form_are_arrays(value, expected):
    found = si(value, "1", "Thing.part")
    assert found.dtype == np.float64 and type(found) is np.ndarray
    assert_array_equal(found, expected)


def test_a_list_of_quantities_is_a_quantity():
    assert_array_equal(si([[1 * mV], [2 * mV]], "volt", "Thing.part"), [[1e-3], [2e-3]])


def test_what_comes_out_is_a_copy():
    given = np.ones(3)
    si(given, "1", "Thing.part")[0] = 5
    assert_array_equal(given, 1)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        ("1", "text"),
        (b"1", "text"),
        (True, "truth values"),
        ([True, False], "truth values"),
        (1j, "complex"),
        ([1 + 0j], "complex"),
        (MASKED, "masked"),
        ([1.0, np.ma.masked], "masked"),
        ([MASKED, MASKED], "masked"),
        ([[1], [1, 2]], "array of numbers"),
        ({1: 2}, "array of numbers"),
        (10**400, "array of numbers"),
        (np.datetime64("2020"), "dates"),
        (np.timedelta64(1, "s"), "units"),
        (sparse.eye_array(2), r"sparse matrix; pass its \.toarray\(\)"),
        ([1 * mV, 2], "the same unit"),
        ([1 * mV, 2 * mA], "the same unit"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("unit", ["1", "volt"])
def test_everything_else_is_refused_by_name(value, words, unit):
    with pytest.raises(UnitError, match=f"^Thing.part: .*{words}") as caught:
        si(value, unit, "Thing.part")
    assert len(str(caught.value)) < 400


def test_complex_quantities_are_refused():
    with pytest.raises(UnitError, match="complex"):
        si((1 + 1j) * mV, "volt", "Thing.part")


@pytest.mark.parametrize("value", [[0.0, 3.0], [0, 3], np.array([0, 3], np.uint8)], ids=repr)
def test_whole_numbers_are_indices_also_as_floats(value):
    found = whole_numbers(value, "Thing.indices", high=3)
    assert found.dtype == np.int64
    assert_array_equal(found, [0, 3])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([0, 1.5], "found 1.5 at place 1"),
        ([0, np.nan], "found nan at place 1"),
        ([[0, 4]], "from 0 to 3, found 4 at place 0, 1"),
        ([-1], "found -1"),
        ([1e300], r"found 1e\+300"),
        (np.uint64(2**63 + 5), "found 9223372036854775813"),
        ([True, False], "np.flatnonzero"),
        ("12", "text"),
    ],
    ids=repr,
)
def test_other_numbers_are_no_indices(value, words):
    with pytest.raises(NetworkError, match=f"Thing.indices: .*{words}"):
        whole_numbers(value, "Thing.indices", high=3)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)], ids=repr)
def test_a_count(value):
    found = whole_number(value, "Thing.n", 1)
    assert found == 3 and type(found) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, 1.5, True, np.True_, None, "1", [1, 2], np.array([1]), 9], ids=repr)
def test_no_count(value):
    with pytest.raises(NetworkError, match=r"Thing.n = .*; expected a whole number from 1 to 8\.$"):
        whole_number(value, "Thing.n", 1, 8)
