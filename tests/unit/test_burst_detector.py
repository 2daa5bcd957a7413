"""Which spikes of hand-made trains are events, which are bursts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster, simulate
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.network import Probe
from neurosim.neurons import BurstAverage, BurstParrot, ConstantBaseline, IntervalDetector, TraceDetector
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, second

ALPHA = 0.2
STEPS = 150


def sorted_spikes(detector, times, dt=1.0, steps=STEPS, average=None):
    """Times (ms) of events and of bursts of a cell whose spikes are given."""
    raster = np.zeros((steps, 1), np.uint8)
    raster[np.rint(np.asarray(times) / dt).astype(int) - 1] = 1
    network = Network(
        "sorted",
        [Population("given", 1, SpikeRaster(raster)), Population("cell", 1, BurstParrot(detector=detector))],
        [Projection("given", "cell", OneToOne(1.0), receptor="repeated")],
        [Probe("cell", "event_trace"), Probe("cell", "burst_trace")],
        dt=dt * ms,
    )
    recording = simulate(network, steps * dt * ms, progress=False)
    assert_allclose(recording.spikes["cell"].step * dt, times)
    jumps = [np.diff(recording.states["cell", name][0, :, 0], prepend=0) > 0.5 for name in ("event_trace", "burst_trace")]
    return [list(np.flatnonzero(jump) * dt) for jump in jumps]


@pytest.mark.parametrize("detector", [TraceDetector(), IntervalDetector()])
@pytest.mark.parametrize(
    ("times", "events", "bursts"),
    [
        ([10, 60], [10, 60], []),
        ([10, 20], [10], [20]),
        ([10, 18, 26, 34], [10], [18]),
        ([10, 25, 70, 90, 130], [10, 70, 90, 130], [25]),
        ([5, 10, 80, 85], [5, 80], [10, 85]),
    ],
)
def test_both_agree_on_bursts_far_apart(detector, times, events, bursts):
    assert sorted_spikes(detector, times) == [events, bursts]


def test_the_trace_adds_up_and_the_interval_does_not():
    # After 10 and 18 the trace is 1.61, and at 38 it is 0.46, above 0.37: neither event nor burst, since the burst goes on.
    assert sorted_spikes(TraceDetector(), [10, 18, 38]) == [[10], [18]]
    assert sorted_spikes(IntervalDetector(), [10, 18, 38]) == [[10, 38], [18]]
    # At 42 it is 0.36.
    assert sorted_spikes(TraceDetector(), [10, 18, 42]) == [[10, 42], [18]]


@pytest.mark.parametrize("detector", [TraceDetector(), IntervalDetector()])
@pytest.mark.parametrize("dt", [0.1, 0.25, 1.0])
def test_an_interval_of_just_16_ms_is_no_burst(detector, dt):
    found = sorted_spikes(detector, [3, 19, 60, 76 - dt], dt=dt, steps=round(90 / dt))
    assert_allclose(found[0], [3, 19, 60])
    assert_allclose(found[1], [76 - dt])


def test_an_interval_detector_between_steps():
    # 15.9 ms are less than 16 ms, and two steps of 5.3 ms more are not.
    assert_allclose(sorted_spikes(IntervalDetector(), [5.3, 21.2], dt=5.3, steps=9), [[5.3], [21.2]])
    assert_allclose(sorted_spikes(IntervalDetector(), [5.3, 26.5], dt=5.3, steps=9)[1], [])


def test_averages_and_third_factors_by_hand():
    average = BurstAverage(alpha=ALPHA * second, E_min=10 * Hz, E_max=13 * Hz, start_events=10 * Hz, start_bursts=2.5 * Hz)
    raster = np.zeros((100, 1), np.uint8)
    raster[[9, 19]] = 1
    names = ("event_trace", "burst_trace", "burst_probability", "event_rate", "homeostasis", "growth")
    network = Network(
        "averages",
        [
            Population("given", 1, SpikeRaster(raster)),
            Population("cell", 1, BurstParrot(detector=IntervalDetector(), average=average)),
        ],
        [Projection("given", "cell", OneToOne(1.0), receptor="repeated")],
        [Probe("cell", name) for name in names],
    )
    states = simulate(network, 100 * ms, progress=False).states
    found = {name: states["cell", name][0, :, 0] for name in names}

    def kept(steps):
        return np.exp(-steps * 1e-3 / ALPHA)

    events = 2.0 * kept(11) + 1
    assert_allclose(found["event_trace"][[9, 10, 40]], [2 * kept(10), events, events * kept(30)], rtol=1e-12)
    assert_allclose(found["burst_trace"][[19, 20, 40]], [0.5 * kept(20), 0.5 * kept(21) + 1, (0.5 * kept(21) + 1) * kept(20)])
    assert_allclose(found["burst_probability"], np.minimum(1, found["burst_trace"] / found["event_trace"]), rtol=1e-9)
    rate = found["event_trace"] / ALPHA
    assert rate.min() < 9.9 and rate.max() > 14
    assert_allclose(found["event_rate"], rate)
    assert_allclose(found["homeostasis"], np.where(rate > 13, -(rate - 13) / rate, 0), atol=1e-9)
    assert_allclose(found["growth"], np.maximum(0, 10 - rate), atol=1e-9)


def test_nothing_yet_counts_as_a_burst_probability_of_one_and_a_baseline_as_itself():
    for average, expected in ((BurstAverage(), 1.0), (ConstantBaseline(probability=0.375), 0.375)):
        cell = Population("cell", 2, BurstParrot(average=average))
        network = Network("still", [cell], probes=[Probe("cell", "burst_probability")])
        assert_allclose(simulate(network, 3 * ms, progress=False).states["cell", "burst_probability"], expected)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TraceDetector(threshold=1.5), "TraceDetector.threshold = 1.5"),
        (lambda: TraceDetector(tau=0 * ms), "TraceDetector.tau: expected a positive"),
        (lambda: IntervalDetector(-1 * ms), "IntervalDetector.longest: expected a positive"),
        (lambda: BurstAverage(alpha=0 * ms), "BurstAverage.alpha: expected a positive"),
        (lambda: BurstAverage(E_max=1 * Hz), "is above E_max"),
        (lambda: BurstAverage(start_bursts=-2 * Hz), "BurstAverage.start_bursts = -2. Hz; expected finite rates"),
        (lambda: ConstantBaseline(probability=-1), "ConstantBaseline.probability = -1"),
        (lambda: BurstParrot(detector=3), "BurstParrot.detector = 3; expected a BurstDetector"),
        (lambda: BurstParrot(average=3), "BurstParrot.average = 3; expected a BurstAverage"),
        (
            lambda: Population("cell", 2, BurstParrot(average=BurstAverage(start_events=[1, 2, 3] * Hz))),
            r"BurstAverage.start_events has shape \(3,\); expected a single value or \(2,\)",
        ),
    ],
)
def test_refusals(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


def test_no_difference_form():
    with pytest.raises(UnsupportedError, match="'cell': BurstParrot has no difference form: it needs division"):
        lower(Network("chip", [Population("cell", 2, BurstParrot())]))
