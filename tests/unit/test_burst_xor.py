"""The exclusive or by bursts: its schedule of examples and lessons, its pieces, and the rates that the study reads."""

from types import SimpleNamespace

import numpy as np
import pytest

from neurosim.errors import ContentError
from neurosim.models import load_model
from neurosim.study.source import load_study
from neurosim.units import Hz, pA

NAMES = load_study("burst_xor").study.trial.__globals__


def network(**more):
    return load_model("burst_xor", **{"cells": 100, "epochs": 1, "tests": (0, 1), "slot": 0.1, "dt": 0.5, **more})


def test_lessons_are_the_last_tenth_of_an_example_and_tests_have_none():
    gate = np.asarray(network().population("hidden1").neuron.average.gate.values)
    assert len(gate) == 15 + 2 * 4 * 20
    learned = gate[15:95].reshape(4, 20)
    assert not gate[:15].any() and not gate[95:].any()
    assert not learned[:, :18].any() and learned[:, 18:].all()


def test_inputs_and_teacher_follow_the_examples():
    net = network()
    one, two = (np.asarray(net.population(name).neuron.I_s.values / pA) for name in ("input1", "input2"))
    for example, (a, b) in enumerate([(-350, -350), (150, -350), (-350, 150), (150, 150)]):
        here = slice(15 + 20 * example, 35 + 20 * example)
        assert np.allclose(one[here], a) and np.allclose(two[here], b)
    lesson = np.asarray(net.population("output").neuron.teacher.lesson.values)
    assert lesson[15:95].reshape(4, 20)[:, -1].tolist() == [-1, 1, 1, -1] and not lesson[95:].any()


def test_averages_last_a_third_of_the_silence():
    average = network().population("output").neuron.average
    assert float(average.alpha) == pytest.approx(0.5) and average.E_min == 2 * Hz


def test_too_few_cells():
    with pytest.raises(ContentError, match="cells = 99; expected at least 100"):
        network(cells=99)


def test_pieces_cover_the_schedule():
    assert NAMES["pieces"](25, 10) == [0, 10, 10, 5]


def test_rates_before_the_lesson_and_bursts_in_it():
    """One cell a pool, slots of 1 s: an event a second everywhere, and in lessons of example 1 each with a burst."""
    steps, payload = [], []
    for second in range(15 + 80):
        steps.append(second * 10 + 5)
        payload.append(1)
        if 35 + 18 <= second < 55:
            steps.append(second * 10 + 6)
            payload.append(2)
    spikes = SimpleNamespace(step=np.array(steps), payload=np.array(payload))
    pools = NAMES["POOLS"]
    recording = SimpleNamespace(spikes=dict.fromkeys(pools, spikes), sizes=dict.fromkeys(pools, 1), dt=0.1)
    events, bursts = NAMES["rates"](recording, 1, 1.0)
    assert events.shape == (1, 4, 5) and np.allclose(events, 1)
    assert bursts[0, :, 0].tolist() == [0, 1, 0, 0]
