"""Receptive fields and rule windows draw what they are given, on the axis they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from scipy.sparse import csr_matrix

from neurosim.analysis import plots_learning
from neurosim.errors import NetworkError

WEIGHTS = np.arange(18.0).reshape(6, 3) - 4  # 2 x 3 pixels, three post neurons


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_receptive_fields_tile_the_columns(ax, form):
    assert plots_learning.receptive_fields(ax, form(WEIGHTS), (2, 3)) is ax
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert drawn.shape == (5, 7)
    assert_allclose(drawn[:2, :3], WEIGHTS[:, 0].reshape(2, 3))
    assert_allclose(drawn[:2, 4:], WEIGHTS[:, 1].reshape(2, 3))
    assert_allclose(drawn[3:, :3], WEIGHTS[:, 2].reshape(2, 3))
    assert np.isnan(drawn[3:, 4:]).all() and np.isnan(drawn[2]).all()
    assert_allclose(ax.images[0].get_clim(), (-13, 13))


def test_receptive_fields_of_chosen_neurons(ax):
    plots_learning.receptive_fields(ax, WEIGHTS, (2, 3), neurons=[2])
    assert_allclose(ax.images[0].get_array(), WEIGHTS[:, 2].reshape(2, 3))
    assert [t.get_text() for t in ax.texts] == ["2"]


def test_receptive_fields_of_zero_weights(ax):
    plots_learning.receptive_fields(ax, np.zeros((6, 1)), (2, 3))
    assert_allclose(ax.images[0].get_clim(), (-1, 1))


@pytest.mark.parametrize(
    ("shape", "neurons", "message"),
    [((3, 3), None, r"expected \(9, n_post\)"), ((2, 3), [3], r"neurons = \[3\].*0 to 2"), ((2, 3), [], "at least one")],
)
def test_receptive_fields_that_do_not_fit(ax, shape, neurons, message):
    with pytest.raises(NetworkError, match=message):
        plots_learning.receptive_fields(ax, WEIGHTS, shape, neurons)


def test_rule_window_colours_by_sign(ax):
    assert plots_learning.rule_window(ax, [-0.02, 0.01, 0.05, 0.2], [-1, 2, 1, 0]) is ax
    lines = {line.get_label(): line for line in ax.lines}
    assert_allclose(lines["potentiation"].get_xydata(), [[10, 2], [50, 1]])
    assert_allclose(lines["depression"].get_xydata(), [[-20, -1]])
    assert to_hex(lines["potentiation"].get_color()) != to_hex(lines["depression"].get_color())
    assert "ms" in ax.get_xlabel()


def test_rule_window_without_depression_or_any_change(ax):
    plots_learning.rule_window(ax, [0.01], [1])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["potentiation"]
    assert plots_learning.rule_window(Figure().subplots(), [0.01], [0]).get_legend() is None


def test_rule_window_of_unequal_lengths(ax):
    with pytest.raises(NetworkError, match="2 delays and 1 changes"):
        plots_learning.rule_window(ax, [0, 1], [1])
