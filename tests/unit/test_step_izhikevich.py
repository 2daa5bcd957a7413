"""StepIzhikevich against the published equations, and the firing patterns of the paper."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import Izhikevich, Network, Population, StepIzhikevich, deploy, emulate_network, simulate
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.neurons.step_izhikevich import resting_potential
from neurosim.units import ms, mV

DURATION, CURRENT = 400, 10.0
PATTERNS = {
    "regular spiking": {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0},
    "fast spiking": {"a": 0.1, "b": 0.2, "c": -65.0, "d": 2.0},
    "intrinsically bursting": {"a": 0.02, "b": 0.2, "c": -55.0, "d": 4.0},
    "chattering": {"a": 0.02, "b": 0.2, "c": -50.0, "d": 2.0},
    "low-threshold spiking": {"a": 0.02, "b": 0.25, "c": -65.0, "d": 2.0},
}


def euler(a, b, c, d, step):
    """Steps with spikes of the published equations, from rest."""
    v = (b - 5 - np.sqrt((5 - b) ** 2 - 22.4)) / 0.08
    w, spikes = b * v, []
    for k in range(int(DURATION / step)):
        v = v + step * (0.04 * v * v + 5 * v + 140 - w + CURRENT)
        w = w + step * a * (b * v - w)
        if v >= 30:
            spikes.append(k)
            v, w = c, w + d
    return spikes


def network(pattern, step):
    given = {**PATTERNS[pattern], "c": PATTERNS[pattern]["c"] * mV}
    cells = Population("cells", 1, StepIzhikevich.sampled(dt=step * ms, current=CURRENT, **given))
    return Network("one", [cells], dt=step * ms)


def bursts(spikes, step, pause=12):
    """Numbers of spikes between pauses of so many milliseconds."""
    return [len(part) for part in np.split(np.asarray(spikes), np.flatnonzero(np.diff(spikes) * step > pause) + 1)]


@pytest.mark.parametrize("step", [0.25, 0.5])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_spikes_are_those_of_the_published_equations(pattern, step):
    found = emulate_network(network(pattern, step), DURATION * ms)
    steps, published = list(found.spikes["cells"].step), euler(**PATTERNS[pattern], step=step)
    # Levels relative to rest are rounded elsewhere, and fast patterns magnify the last bit from spike to spike.
    assert steps[:9] == published[:9]
    assert len(published) >= 9 and len(steps) == pytest.approx(len(published), abs=1)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_patterns_stay_on_a_chip(pattern):
    integers = list(deploy(network(pattern, 0.5)).emulate(DURATION * ms).spikes["cells"].step)
    published = euler(**PATTERNS[pattern], step=0.5)
    assert len(integers) == pytest.approx(len(published), rel=0.1)
    assert integers[:4] == pytest.approx(published[:4], rel=0.03)


@pytest.mark.parametrize("pattern", ["intrinsically bursting", "chattering"])
def test_bursts_stay_on_a_chip(pattern):
    spikes = deploy(network(pattern, 0.5)).emulate(DURATION * ms).spikes["cells"].step
    found, published = bursts(spikes, 0.5), bursts(euler(**PATTERNS[pattern], step=0.5), 0.5)
    assert found[0] == pytest.approx(published[0], abs=1)
    assert len(found) == pytest.approx(len(published), abs=1)


def test_patterns_are_those_of_the_paper():
    spikes = {name: euler(**p, step=0.5) for name, p in PATTERNS.items()}
    assert len(spikes["fast spiking"]) > 2 * len(spikes["regular spiking"])
    regular = np.diff(spikes["regular spiking"])
    assert regular[0] < 0.7 * regular[-1], "regular spiking adapts"
    bursting, chattering = (bursts(spikes[n], 0.5) for n in ("intrinsically bursting", "chattering"))
    assert bursting[0] > 1 and set(bursting[2:]) == {1}, "one burst, then single spikes"
    assert min(chattering[:-1]) > 1, "bursts again and again"


def test_a_population_current_is_that_of_the_paper_per_step():
    given = Network("one", [Population("cells", 1, StepIzhikevich.sampled(dt=0.5 * ms), current=5 * mV)], dt=0.5 * ms)
    found, other = (emulate_network(n, 200 * ms) for n in (given, network("regular spiking", 0.5)))
    assert len(other.spikes["cells"]) > 3 and np.array_equal(found.spikes["cells"].step, other.spikes["cells"].step)


def test_it_is_near_the_neuron_in_continuous_time():
    cells = Population("cells", 1, Izhikevich(current=CURRENT))
    other = simulate(Network("one", [cells], dt=0.05 * ms), DURATION * ms, target="numpy")
    found = emulate_network(network("regular spiking", 0.25), DURATION * ms)
    # It begins elsewhere; when it has settled, the intervals are the same.
    intervals = [np.diff(r.spikes["cells"].step)[-3:] * step for r, step in ((found, 0.25), (other, 0.05))]
    assert np.mean(intervals[0]) == pytest.approx(np.mean(intervals[1]), rel=0.05)


def test_the_resting_potential_is_where_nothing_moves():
    for b in (0.2, 0.25, -0.1):
        v = resting_potential(b)
        assert 0.04 * v * v + 5 * v + 140 - b * v == pytest.approx(0, abs=1e-9)
        assert 0.08 * v + 5 - b < 0


def test_no_resting_point_and_no_step():
    with pytest.raises(NetworkError, match=r"b = 0.3 leaves no resting point.*expected b of at most 0.2671"):
        StepIzhikevich.sampled(b=0.3, dt=0.5 * ms)
    for dt in (0 * ms, [1, 2] * ms):
        with pytest.raises(NetworkError, match=r"sampled: dt = .*; expected the time step of the network, such as 0.5\*ms"):
            StepIzhikevich.sampled(dt=dt)
    cells = Network("one", [Population("cells", 1, Izhikevich())], dt=0.5 * ms)
    with pytest.raises(UnsupportedError, match=r"use StepIzhikevich.sampled with the same parameters and dt=0.5\*ms"):
        emulate_network(cells, 10 * ms)
