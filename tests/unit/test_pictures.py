"""Figures of networks and of recordings show what there is, for one population and for many."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from neurosim import (
    LIF,
    AllToAll,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Recording,
    compare,
    start,
)
from neurosim.errors import NetworkError, UsageError
from neurosim.network.layout import HIGH, WIDE, places_of, ways_of
from neurosim.plasticity import pair_stdp, reward_stdp
from neurosim.results.picture import axis_unit
from neurosim.results.run_data import Spikes
from neurosim.units import Hz, ms, mV
from tests.conformance.scenarios import SCENARIOS

STDP = {"bounds": (0 * mV, 2 * mV), "a_plus": 0.01 * mV, "a_minus": 0.01 * mV}


def cells(name, n=5):
    return Population(name, n, LIF(tau_m=20 * ms, v_th=10 * mV))


def loop():
    """Three populations with feedback, recurrence, and a rule."""
    return Network(
        "a $loop$",
        [Population("noise", 20, PoissonInput(50 * Hz)), cells("exc"), cells("inh", 3)],
        [
            Projection("noise", "exc", AllToAll(1 * mV), plasticity=pair_stdp(**STDP)),
            Projection("exc", "exc", FixedProbability(0.1 * mV, 0.5), delay=2 * ms),
            Projection("exc", "inh", AllToAll(1 * mV)),
            Projection("inh", "exc", AllToAll(-1 * mV)),
        ],
        [Probe("exc", "v", neurons=[0, 2]), Probe("noise_exc", "w", every=10 * ms)],
    )


def texts(figure):
    return [t.get_text() for t in (*figure.texts, *(t for ax in figure.axes for t in ax.texts))]


def boxes(figure):
    return [p for p in figure.axes[0].patches if isinstance(p, FancyBboxPatch)]


def arrows(figure):
    return [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]


def test_a_network_is_drawn_with_all_that_connects():
    figure = loop().plot()
    words = texts(figure)
    assert len(boxes(figure)) == 3 and len(arrows(figure)) == 4
    assert {"noise", "exc", "inh", "20 PoissonInput", "5 LIF", "3 LIF", "1", "2", "3", "4"} <= set(words)
    assert "1. noise to exc: 100 synapses, pair_stdp" in words and any("delay 2 ms" in w for w in words)
    assert {"learns", "excites", "inhibits"} <= set(words) and "weights of both signs" not in words
    assert "a $loop$ (dt 1 ms)" in words and not any(t.get_parse_math() for t in figure.texts)
    figure.canvas.draw()


def test_a_third_factor_is_named():
    rule = reward_stdp(bounds=(0, 2))
    populations = [Population("noise", 2, PoissonInput(50 * Hz)), Population("exc", 2, LIF(tau_m=20 * ms, v_th=1.0))]
    found = texts(Network("n", populations, [Projection("noise", "exc", AllToAll(1.0), plasticity=rule)]).plot())
    assert any("third factor" in text for text in found)


def test_one_population_and_many():
    alone = Network("alone", [cells("only")]).plot()
    assert len(boxes(alone)) == 1 and not arrows(alone)
    names = [f"p{k}" for k in range(70)]
    chain = [Projection(a, b, AllToAll(1 * mV)) for a, b in zip(names, names[1:], strict=False)]
    many = Network("many", [cells(name) for name in names], chain).plot()
    assert len(boxes(many)) == 70 and "9 more projections are not drawn" in texts(many)


def test_parallel_projections_share_an_arrow():
    same = [Projection("a", "b", AllToAll(1 * mV), name=f"p{k}", delay=k * ms) for k in range(4)]
    figure = Network("n", [cells("a"), cells("b")], same).plot()
    assert len(arrows(figure)) == 1 and "1–4" in texts(figure) and "1. a to b (p0): 25 synapses" in texts(figure)


@pytest.mark.parametrize("row", SCENARIOS, ids=lambda row: row.name)
def test_every_network_of_the_table_is_drawn_and_described(row):
    figure = row.network.plot()
    assert len(boxes(figure)) == len(row.network.populations) and row.network._repr_html_()
    about = row.network.about
    assert set(about["parts"]["populations"]) == {p.name for p in row.network.populations}
    states = (p for p in row.network.probes if p.variable != "spike" and not row.network.records_synapses(p))
    probed = {f"{p.of}.{p.variable}" for p in states}
    assert probed <= set(about["units"])


def overlaps(a, b):
    return abs(a[0] - b[0]) < WIDE and abs(a[1] - b[1]) < HIGH


@pytest.mark.parametrize("seed", range(20))
def test_boxes_and_numbers_lie_apart(seed):
    rng = np.random.default_rng(seed)
    names = [f"p{k}" for k in range(rng.integers(1, 13))]
    ends = [tuple(rng.choice(names, 2)) for _ in range(rng.integers(0, 25))]
    places = places_of(names, ends)
    at = list(places.values())
    assert set(places) == set(names)
    assert not any(overlaps(at[i], at[j]) for i in range(len(at)) for j in range(i))
    for pre, post in dict.fromkeys(ends):
        (way,) = ways_of([(pre, post)], places)
        hidden = [name for name, place in places.items() if overlaps_point(place, way.number)]
        assert not hidden, (pre, post, hidden)


def overlaps_point(place, point):
    return abs(place[0] - point[0]) < WIDE / 2 and abs(place[1] - point[1]) < HIGH / 2


@pytest.fixture(scope="module")
def recording():
    run = start(loop())
    run.advance(200 * ms)
    return run.recording


def test_a_recording_is_drawn_with_units(recording):
    figure = recording.plot()
    raster, state = figure.axes
    assert [label.get_text() for label in raster.get_yticklabels()] == ["noise\n(20)", "exc\n(5)", "inh\n(3)"]
    assert state.get_ylabel() == "exc\nv (mV)" and state.get_xlabel() == "time (ms)"
    np.testing.assert_allclose(state.lines[1].get_ydata(), 1e3 * recording.states["exc", "v"][0, :, 1])
    assert len(recording.plot(neurons=1).axes[1].lines) == 1
    with pytest.raises(UsageError, match=r"Recording.plot: sample = 1; expected a number from 0 to 0"):
        recording.plot(sample=1)


def test_weights_are_drawn_over_time(recording):
    left, right = recording.plot_weights().axes
    values = recording.weights["noise_exc"].values.reshape(-1, 100)
    assert len(left.lines) == 101 and left.get_ylabel() == "weight (mV)" and right.get_ylabel() == "synapses"
    np.testing.assert_allclose(left.lines[-1].get_ydata(), 1e3 * values.mean(axis=1))
    np.testing.assert_allclose(left.lines[-1].get_xdata(), recording.weights["noise_exc"].steps)
    assert len(recording.plot_weights("noise_exc", most=10).axes[0].lines) == 11
    with pytest.raises(NetworkError, match="no weights 'exc_inh'.*Probe"):
        recording.plot_weights("exc_inh")


def test_what_is_empty_is_drawn():
    none = np.zeros(0, np.int32)
    silent = Recording(1e-3, 10, 1, {"a": 2}, {"a": Spikes(none, none, none, none)})
    assert len(silent.plot().axes) == 1
    with pytest.raises(UsageError, match="no weights were recorded; add Probe"):
        silent.plot_weights()


@pytest.mark.parametrize(
    ("unit", "largest", "expected"),
    [
        ("volt", 0.07, (1e-3, "mV")), ("amp", 3e-10, (1e-12, "pA")), ("siemens", 2e-8, (1e-9, "nS")),
        ("1", 3.0, (1.0, "no unit")),
        ("", 3.0, (1.0, "SI")), ("volt", 0.0, (1.0, "V")), ("metre", 1.0, (1.0, "metre")), ("volt", np.inf, (1.0, "volt")),
    ],
)  # fmt: skip
def test_units_of_axes_are_easy_to_read(unit, largest, expected):
    assert axis_unit(unit, np.array([0.0, -largest])) == expected


def test_a_notebook_shows_figures(recording):
    for figure in (loop().plot(), recording.plot(), recording.plot_weights(), compare(recording, recording).figure()):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_figures_open_no_window(tmp_path):
    lines = ["import sys", "from tests.unit.test_pictures import loop", "sys.modules['matplotlib.pyplot'] = None"]
    code = "; ".join([*lines, f"loop().plot().savefig({str(tmp_path / 'a.svg')!r})"])
    subprocess.run([sys.executable, "-c", code], check=True)
