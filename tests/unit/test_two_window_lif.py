"""TwoWindowLIF: counts of both windows against a loop, and what it sends to other neurons and to rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    ErrorPair,
    Network,
    OneToOne,
    Population,
    Probe,
    Projection,
    SpikeRaster,
    TwoWindowLIF,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.errors import NetworkError
from neurosim.plasticity import PlasticityRule, post_modulator
from neurosim.units import ms

PERIOD, FIRST, SETTLE, STEPS = 40, 18, 3, 160
NEURON = TwoWindowLIF(tau_m=per_step(0.875), v_th=1.0, period=PERIOD * ms, first=FIRST * ms, settle=SETTLE * ms)
COUNTS = np.random.default_rng(3).integers(0, 2, (STEPS, 1))
TARGET = np.random.default_rng(4).integers(0, 2, (STEPS, 1))
WEIGHT = 0.75


def loop():
    """Counts n1, n2, t at each step."""
    v, n1, n2, t, out = 0.0, 0, 0, 0, []
    for k in range(STEPS):
        phase = k % PERIOD
        if phase == 0:
            n1 = n2 = t = 0
        v = 0.875 * v + (WEIGHT * COUNTS[k - 1, 0] if k else 0)
        spike = v >= 1
        v -= spike
        if phase < FIRST:
            n1 += spike and phase >= SETTLE
            t += bool(k and TARGET[k - 1, 0])
        else:
            n2 += spike and phase >= FIRST + SETTLE
        out.append((n1, n2, t))
    return np.array(out, int)


def network(factor="", graded=""):
    """The neuron with input and targets; with synapses that add up a third factor, or with a neuron that adds up a channel."""
    sources = [Population("in", 1, SpikeRaster(COUNTS)), Population("target", 1, SpikeRaster(TARGET))]
    probes = [Probe("cell", name) for name in ("n1", "n2", "t")]
    wires = [
        Projection("in", "cell", AllToAll(WEIGHT)),
        Projection("target", "cell", AllToAll(1.0), receptor="target"),
    ]
    cells = [Population("cell", 1, NEURON)]
    if factor:
        learns = PlasticityRule(
            "sum", modulators={"M": post_modulator(factor, peak=16)}, every={1: {"w": "eta * M"}}, parameters={"eta": 2**-7},
            bounds=(-1, 1),
        )  # fmt: skip
        wires[1] = Projection("target", "cell", AllToAll(0.5), receptor="target", plasticity=learns)
    if graded:
        cells.append(Population("sum", 1, ErrorPair(tau_m=per_step(1), v_th=1000.0)))
        wires.append(Projection("cell", "sum", OneToOne(1.0), channel=graded, receptor="input", graded=True))
        probes.append(Probe("sum", "v"))
    return Network("one", [*sources, *cells], wires, probes)


def test_counts_are_those_of_the_loop():
    expected = loop()
    assert np.ptp(expected, axis=0).min() >= 3
    for found in (emulate_network(network(), STEPS * ms), deploy(network()).emulate(STEPS * ms)):
        assert np.array_equal(np.stack([found.states["cell", n].ravel() for n in ("n1", "n2", "t")], axis=1), expected)


def test_channels_carry_differences():
    n1, n2, t = loop().T
    last = np.arange(STEPS) % PERIOD == PERIOD - 1
    sent = {"difference": (n1 - n2) * last, "error": (n1 - t) * (np.arange(STEPS) % PERIOD >= FIRST)}
    for channel, values in sent.items():
        found = emulate_network(network(graded=channel), STEPS * ms).states["sum", "v"].ravel()
        assert np.allclose(found[1:], np.cumsum(values)[:-1]) and np.abs(values).sum() > 5


def test_the_error_in_spikes():
    cell = replace(NEURON, hold=2 * ms)
    described = network(graded="error")
    cells = [replace(p, neuron=cell) if p.name == "cell" else p for p in described.populations]
    signed = [
        Projection("cell", "sum", OneToOne(weight), channel=channel, receptor="input", name=channel)
        for channel, weight in (("over", 1.0), ("under", -1.0))
    ]
    described = replace(described, populations=cells, projections=[*described.projections[:2], *signed])
    for found in (emulate_network(described, STEPS * ms), simulate(described, STEPS * ms, integration="step", target="numpy")):
        n1, t, summed = (found.states[key].ravel() for key in (("cell", "n1"), ("cell", "t"), ("sum", "v")))
        ends = np.arange(PERIOD - 1, STEPS, PERIOD)
        assert np.allclose(np.cumsum((n1 - t)[ends]), summed[ends]) and np.any(n1 != t)


def factors():
    n1, n2, t = loop().T
    phase = np.arange(STEPS) % PERIOD
    last, first = phase == PERIOD - 1, phase == FIRST - 1
    values = {"difference": (n1 - n2) * last, "excess": (n2 - t) * last, "contrast": n2 * last - n1 * first}
    return {name: value.sum() for name, value in values.items()}


@pytest.mark.parametrize("factor", ["difference", "excess", "contrast"])
def test_rules_read_third_factors(factor):
    described = network(factor)
    expected = 0.5 + factors()[factor] / 128
    found = emulate_network(described, STEPS * ms).weights["target_cell"].values[-1]
    assert found == pytest.approx(expected) and abs(expected - 0.5) > 1 / 128
    other = simulate(described, STEPS * ms, integration="step", target="numpy")
    assert other.weights["target_cell"].values[-1] == pytest.approx(expected)
    integers = deploy(described).emulate(STEPS * ms).weights["target_cell"].values[-1]
    assert integers == pytest.approx(expected, abs=3 / 128)


def test_held_neurons_count_the_same_twice():
    rng = np.random.default_rng(5)
    levels, weights = rng.integers(1, 9, (1, 6)), rng.normal(0.2, 0.8, (6, 8))

    def differences(hold, execution):
        cell = TwoWindowLIF(tau_m=per_step(1), v_th=1.0, period=30 * ms, first=15 * ms, settle=4 * ms, hold=hold * ms)
        described = Network(
            "held",
            [Population("in", 6, SpikeRaster(levels.repeat(90, axis=0))), Population("a", 6, cell), Population("b", 8, cell)],
            [Projection("in", "a", OneToOne(1 / 16), graded=True), Projection("a", "b", weights)],
            [Probe("b", "n1"), Probe("b", "n2")],
        )
        found = emulate_network(described, 90 * ms) if execution == "float" else deploy(described).emulate(90 * ms)
        first, second = (found.states["b", name].reshape(90, 8)[29::30] for name in ("n1", "n2"))
        assert first.max() > 3
        return first - second

    for execution in ("float", "fixed"):
        assert np.all(differences(3, execution) == 0) and np.any(differences(0, execution) != 0)


def test_errors():
    with pytest.raises(NetworkError, match=r"first = 18. ms of period = 20. ms, with settle = 3. ms; expected two windows"):
        TwoWindowLIF(tau_m=20 * ms, v_th=1.0, period=20 * ms, first=18 * ms, settle=3 * ms)
