"""Plots draw what they are given, on the axis they are given."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from neurosim.analysis import plots
from neurosim.errors import NetworkError
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from neurosim.study.figures import default_figure
from neurosim.study.table import Row, Table

RASTER = np.zeros((2, 100, 4), int)
RASTER[0, [10, 50], [0, 3]] = 1
RASTER[1, 20, 2] = 1


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture
def recording():
    return Recording(
        dt=1e-3,
        steps=100,
        samples=2,
        sizes={"in": 4, "out": 1},
        spikes={"in": Spikes.from_raster(RASTER), "out": Spikes.from_raster(RASTER[:, :, :1])},
        states={("out", "v"): np.arange(400.0).reshape(2, 100, 2) * 1e-3},
    )


def test_raster(ax, recording):
    assert plots.raster(ax, recording) is ax
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert_allclose(dots[0].get_xdata(), [10, 50])
    assert_allclose(dots[0].get_ydata(), [0.25, 1.75])  # rows 0 and 3 of four, in a band of height sqrt(4)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["in\n(4)", "out\n(1)"]
    assert ax.get_xlabel() == "time (ms)"


def test_raster_of_another_sample_and_one_population(ax, recording):
    plots.raster(ax, recording, ["in"], sample=1)
    assert_allclose(ax.lines[0].get_xdata(), [20])
    with pytest.raises(NetworkError, match="Unknown population 'inn'.*Did you mean 'in'"):
        plots.raster(ax, recording, ["inn"])


def test_trace(ax, recording):
    assert plots.trace(ax, recording, "out", "v", neurons=(0, 1), sample=1, unit="mV") is ax
    assert_allclose(ax.lines[1].get_ydata(), np.arange(201, 400, 2))
    assert ax.get_ylabel() == "v (mV)" and len(ax.get_legend().get_texts()) == 2
    with pytest.raises(NetworkError, match="Unknown probed state 'out.u'.*Did you mean 'out.v'"):
        plots.trace(ax, recording, "out", "u")


def test_time_in_seconds_if_there_are_many(ax, recording):
    plots.raster(ax, Recording(0.1, 100, 2, recording.sizes, recording.spikes))
    assert ax.get_xlabel() == "time (s)" and ax.get_xlim() == pytest.approx((-0.05, 9.95))


def test_weight_histogram(ax):
    weights = {"before": np.full((3, 4), 2e-3), "after": np.array([1e-3, 2e-3, 2e-3, 4e-3])}
    plots.weight_histogram(ax, weights, unit="mV", bins=3)
    heights = [sorted(patch.get_xy()[:, 1])[-1] for patch in ax.patches]
    assert_allclose(sorted(heights), [50, 100])
    assert ax.get_xlabel() == "weight (mV)"


@pytest.mark.parametrize(("band", "low"), [(plots.extremes, [1, 2]), (plots.one_sd, [1, 2])])
def test_learning_curve(ax, band, low):
    plots.learning_curve(ax, {"rule": [[1, 2], [3, 4]]}, band=band)
    assert_allclose(ax.lines[0].get_ydata(), [2, 3])
    assert_allclose(np.unique(ax.collections[0].get_paths()[0].vertices[:, 1])[:2], low)
    assert ax.get_legend().get_texts()[0].get_text() == "rule (n = 2)"


def test_a_learning_curve_of_one_seed(ax):
    plots.learning_curve(ax, {"rule": [90, 95, 96]})
    assert_allclose(ax.lines[0].get_xdata(), [1, 2, 3])


def test_confusion(ax):
    plots.confusion(ax, [[8, 2], [0, 0]], ["cat", "dog"])
    assert_allclose(ax.images[0].get_array(), [[0.8, 0.2], [0, 0]])
    assert [t.get_text() for t in ax.texts] == ["8", "2", "0", "0"]


@pytest.mark.parametrize(("weights", "limits"), [([[-1e-3, 4e-3]], (-4, 4)), ([[1e-3, 4e-3]], (1, 4))])
def test_weights_image(ax, weights, limits):
    plots.weights_image(ax, weights, unit="mV")
    assert_allclose(ax.images[0].get_clim(), limits)


def test_importing_plots_opens_no_window_system():
    code = "import sys, neurosim.analysis.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_study_of_two_parameters_has_a_curve_for_each_value_of_the_second():
    rows = [Row({"a": a, "b": b}, seed, {"m": a * b}, {}, 0.0, "") for a in (1.0, 2.0, 3.0) for b in (1, 10) for seed in (0, 1)]
    (ax,) = default_figure(Table(("a", "b"), ("m",), tuple(rows)), {"m": "Hz"}).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["b = 1", "b = 10"]
    curves = [container.lines[0].get_ydata() for container in ax.containers]
    assert_allclose(curves, [[1, 2, 3], [10, 20, 30]])
    (ax,) = default_figure(Table(("a", "b"), ("m",), tuple(row for row in rows if row.point["b"] == 1)), {}).axes
    assert ax.get_legend() is None and len(ax.containers) == 1
