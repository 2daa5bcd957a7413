"""Parameters that change in time: what holds when, for whom, and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import LIF, AdEx, EquationNeuron, ImageInput, Network, Population, Probe, RateCoding, Timed, simulate
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.neurons import PV, BurstPoisson, TwoCompartment
from neurosim.units import ms, mV, nA, pA, second

ROWS = np.array([1.0, -2.0, 0.5])
EACH = np.array([[1.0, 2.0], [-2.0, 0.0], [0.5, 3.0]])


def integrator(rate):
    """v grows by `rate` (1/s)."""
    return EquationNeuron(
        model="dv/dt = rate/second : 1", threshold="v > 1e9", parameters={"rate": rate}, receptors={"default": "v"},
        weight_unit="1", method="euler",
    )  # fmt: skip


def summed(rows, steps, dt, each):
    """(steps, n)."""
    rows = np.asarray(rows).reshape(len(rows), -1)
    return np.cumsum(rows[np.arange(steps) // each], axis=0) * dt


@pytest.mark.parametrize("rows", [ROWS, EACH], ids=["for all", "for each"])
def test_a_row_holds_for_its_time_and_no_step_longer(rows):
    dt, each, steps = 1e-4, 70, 205
    cells = Population("cell", 2, integrator(Timed(rows, each * dt * second)))
    network = Network("stairs", [cells], probes=[Probe("cell", "v")], dt=dt * second)
    found = simulate(network, steps * dt * second, progress=False).states["cell", "v"][0]
    assert_allclose(found, np.broadcast_to(summed(rows, steps, dt, each), (steps, 2)), atol=1e-12)


def test_each_sample_begins_anew():
    cells = Population("cell", 2, integrator(Timed(EACH, 2 * ms)))
    image = Population("image", 1, ImageInput(RateCoding()))
    network = Network("samples", [image, cells], probes=[Probe("cell", "v")], dt=1 * ms)
    found = simulate(network, 6 * ms, images=np.zeros((2, 1)), progress=False).states["cell", "v"]
    assert_allclose(found[0], summed(EACH, 6, 1e-3, 2), atol=1e-12)
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize("cell", [TwoCompartment, BurstPoisson])
def test_timed_currents_of_pyramidal_cells(cell):
    """The same rows over and over are a constant; a current that begins late does what it does, later."""

    def voltages(**currents):
        probes = [Probe("cell", "v_s"), Probe("cell", "v_d")]
        population = Population("cell", 2, cell(w_d_start=0 * mV, **currents), current=[30, 60] * pA)
        recording = simulate(Network("late", [population], probes=probes, dt=0.1 * ms), 20 * ms, progress=False)
        return [recording.states["cell", name][0] for name in ("v_s", "v_d")]

    constant = voltages(I_s=200 * pA, I_d=[50, 90] * pA)
    again = voltages(I_s=Timed([200, 200] * pA, 10 * ms), I_d=Timed([[50, 90]] * 4 * pA, 5 * ms))
    assert all(np.array_equal(a, b) for a, b in zip(constant, again, strict=True))
    early, late = (voltages(I_d=Timed(rows * pA, 10 * ms))[1] for rows in ([200, 200], [0, 200]))
    assert np.ptp(late[:100]) < 1e-3 and np.abs(late[100:] - early[:100]).max() < 1e-3
    assert early[99].min() > late[99].max() + 5e-3


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Timed([[[1]]] * pA, 1 * ms), NetworkError, r"expected finite values of shape \(rows,\), or \(rows, n\)"),
        (lambda: Timed([1, np.nan] * pA, 1 * ms), NetworkError, "Timed.values"),
        (lambda: Timed([1, 2] * pA, 0 * ms), NetworkError, "Timed.every = 0. s; expected one positive time"),
        (lambda: Timed([1, 2] * pA, 3 * pA), UnitError, "Timed.every: expected a value in second"),
        (lambda: TwoCompartment(I_s=Timed([1, 2] * mV, 1 * ms)), UnitError, "TwoCompartment.I_s: expected a value in ampere"),
        (lambda: TwoCompartment(E_L=Timed([1, 2] * mV, 1 * ms)), NetworkError, "TwoCompartment.E_L .*only I_s, I_d can"),
        (lambda: PV(C=Timed([1, 2] * mV, 1 * ms)), NetworkError, "PV.C = Timed.* only current can change"),
        (lambda: LIF(tau_m=9 * ms, v_th=9 * mV, bias=Timed([1] * mV, 1 * ms)), NetworkError, "LIF.bias = Timed.* none of its"),
        (lambda: AdEx(current=Timed([1] * nA, 1 * ms)), NetworkError, "AdEx.current = Timed.* none of its parameters can"),
        (
            lambda: Population("cell", 3, TwoCompartment(I_d=Timed([[1, 2]] * pA, 1 * ms))),
            NetworkError,
            r"'cell': TwoCompartment.I_d has values of shape \(1, 2\); expected \(rows,\), or \(rows, 3\)",
        ),
    ],
)  # fmt: skip
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_values_cover_the_run_in_whole_steps():
    def network(every):
        return Network("short", [Population("cell", 2, TwoCompartment(I_s=Timed([1, 2] * pA, every)))], dt=1 * ms)

    with pytest.raises(NetworkError, match="'cell': its I_s has 2 values for 0.005 s each, 0.01 s in total, .* lasts 0.011"):
        simulate(network(5 * ms), 11 * ms, progress=False)
    with pytest.raises(NetworkError, match="changes every 1.5 ms; expected a whole number of steps of 0.001 s"):
        simulate(network(1.5 * ms), 3 * ms, progress=False)


def test_no_step_form():
    network = Network("chip", [Population("cell", 1, TwoCompartment(I_s=Timed([1] * pA, 1 * second)))])
    with pytest.raises(UnsupportedError, match="'cell': TwoCompartment has no difference form"):
        simulate(network, 10 * ms, integration="step", progress=False)
