"""The teacher inside a network, and the gate that neurons know."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import Network, OneToOne, Population, Probe, Projection, SpikeArray, Timed, simulate
from neurosim.errors import NetworkError
from neurosim.neurons import BurstAverage, BurstParrot, BurstPoisson, IntervalDetector, RateTeacher
from neurosim.plasticity import adaptive_ebcp, gated
from neurosim.plasticity.traces import post_modulator
from neurosim.units import Hz, ms, pA, second

RATES = np.array([1, 2.5, 3.5, 5, 9.5, 12])
MORE, FEWER = np.array([1000, 1000, 1000 / 1.5, 1000 / 3, 0, 0]), -np.array([0, 0, 1000 / 6.5, 200, 1000, 1000])


def taught(lesson):
    average = BurstAverage(alpha=1e6 * second, E_min=2 * Hz, E_max=10 * Hz, start_events=RATES * Hz)
    cell = BurstPoisson(average=average, teacher=RateTeacher(lesson=lesson))
    return Network(
        "n", [Population("cell", 6, cell)], [], [Probe("cell", "taught_current"), Probe("cell", "v_d")], dt=0.1 * ms
    )


def test_the_current_is_what_the_rate_lacks_when_a_lesson_begins():
    found = simulate(taught(Timed(np.array([0, 1, 1, -1, 0]), 1 * ms)), 5 * ms)
    current = found.states["cell", "taught_current"][0].reshape(5, 10, 6)[:, 5] * 1e12
    assert_allclose(current, [0 * MORE, MORE, MORE, FEWER, 0 * MORE], atol=1e-6)
    voltage = found.states["cell", "v_d"][0]
    assert np.all(voltage[29, :4] > voltage[9, :4] + 1e-3)
    assert_allclose(voltage[29, 4:], voltage[29, 4], atol=1e-9)


def test_a_lesson_can_differ_from_neuron_to_neuron():
    each = np.array([1, -1, 1, -1, -1, 0])
    found = simulate(taught(Timed(each[None], 1 * ms)), 1 * ms)
    current = found.states["cell", "taught_current"][0, -1] * 1e12
    assert_allclose(current, np.select([each > 0, each < 0], [MORE, FEWER], 0), atol=1e-6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RateTeacher(lesson=[0, 1]), "RateTeacher.lesson = .*expected Timed"),
        (lambda: RateTeacher(lesson=Timed(np.array([0, 2]), 1 * ms)), "expected the values -1"),
        (lambda: RateTeacher(lesson=Timed(np.zeros(2), 1 * ms), tolerance=0 * Hz), "tolerance = .*expected one positive"),
        (lambda: RateTeacher(lesson=Timed(np.zeros(2), 1 * ms), current=-5 * pA), "current = .*expected one positive"),
        (lambda: BurstPoisson(teacher=3), "BurstPoisson.teacher = 3; expected a RateTeacher"),
        (lambda: taught(Timed(np.zeros((4, 5)), 1 * ms)), "RateTeacher.lesson.*for 6 neurons"),
        (lambda: BurstAverage(gate=np.nan), "BurstAverage.gate = .*expected finite"),
        (lambda: Population("p", 3, BurstPoisson(average=BurstAverage(gate=Timed(np.zeros((4, 2)), 1 * ms)))), "for 3 neurons"),
    ],
)
def test_what_does_not_fit_is_named(make, says):
    with pytest.raises(NetworkError, match=f"(?s){says}"):
        make()


def test_a_lesson_covers_the_run():
    with pytest.raises(NetworkError, match="'cell': its lesson has 5 values"):
        simulate(taught(Timed(np.zeros(5), 1 * ms)), 6 * ms)


def change(gate):
    """Of a synapse whose post neuron has an event at 20 and at 120 ms, the average far from zero."""
    times = np.array([10, 20, 110, 120])
    average = BurstAverage(start_events=8 * Hz, start_bursts=4 * Hz, gate=gate)
    cells = BurstParrot(detector=IntervalDetector(longest=5 * ms), average=average)
    rule = gated(adaptive_ebcp(0.1, bounds=None), post_modulator("gate"))
    network = Network(
        "n",
        [Population("given", 1, SpikeArray(np.zeros(4, int), times * ms)), Population("cell", 1, cells)],
        [
            Projection("given", "cell", OneToOne(1.0), receptor="repeated"),
            Projection("cell", "cell", OneToOne(1.0), channel="event", plasticity=rule),
        ],
        dt=1 * ms,
    )
    return simulate(network, 200 * ms).final_weights()["cell_cell"][0, 0] - 1


def test_a_gate_that_the_neuron_knows_opens_and_shuts_learning():
    whole, first = change(1.0), change(Timed(np.array([1.0, 0.0]), 100 * ms))
    second_half = change(Timed(np.array([0.0, 1.0]), 100 * ms))
    assert whole < -0.05
    assert_allclose(first + second_half, whole, rtol=1e-9)
    assert first != second_half
    assert change(0.0) == 0
