"""The reward of `experiments/reward_digits.py`, and that it teaches."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim.backends.emulator import Session
from neurosim.content.catalogue import content_path
from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.study.source import study_of

PATH = content_path("experiments", "reward_digits")


@pytest.fixture(scope="module")
def functions():
    return study_of(str(PATH), PATH.read_text()).study.trial.__globals__


def test_a_tie_is_no_answer(functions):
    assert_array_equal(functions["answer_of"](np.array([[0, 3, 1], [2, 2, 0], [0, 0, 0]])), [1, -1, -1])


def test_one_reward_does_not_know_the_class(functions):
    """After a wrong answer it is the same, whichever class would have been right."""
    counts = np.array([0, 6, 1, 0])
    wrong = [functions["one_reward"](counts, label, 0.5) for label in (0, 2, 3)]
    assert_array_equal(wrong, np.full((3, 1), -0.5 * 6 / 8))
    assert_allclose(functions["one_reward"](counts, 1, 0.5), [0.5 * 2 / 8])


def test_each_reward(functions):
    assert_allclose(functions["each_reward"](np.array([0, 8, 4]), 2, 0.0), [[0, -1, 0.5]])


def test_coding_keeps_the_rate(functions):
    images = np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 6)
    spikes = functions["coded"](images, np.random.default_rng(0))
    assert spikes.shape == (2, functions["STEPS"], 6) and spikes.max() == 1
    assert np.abs(spikes.sum(axis=1) - images * functions["RATE"] * functions["STEPS"]).max() < 1


def test_one_reward_teaches_two_classes(functions):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    images = np.where((np.arange(64) < 32) == (labels[:, None] == 0), 0.8, 0.1).astype(np.float32)
    spikes = functions["coded"](images, rng)
    program = lower(load_model("reward_digits"))
    session, expected, rights = Session(program), 0.1, []
    for _ in range(8):
        right, expected = functions["learn_epoch"](session, spikes, labels, functions["one_reward"], 1.0, expected, rng)
        rights.append(right)
    weights = session.weights("image_classes")
    assert rights[0] < 0.7
    assert functions["test"](program, weights, spikes, labels) > 0.9
    assert functions["test"](program, np.zeros_like(weights), spikes, labels) == 0


def test_each_reward_strengthens_the_right_class_and_weakens_the_others(functions):
    session = Session(lower(load_model("reward_digits")))
    before = session.weights("image_classes")
    spikes = functions["coded"](np.full((1, 64), 0.5, np.float32), np.random.default_rng(0))
    counts = session.run(functions["STEPS"], inputs={"image": spikes[0]}, signals={"M": np.zeros(functions["STEPS"])}).counts(
        "classes"
    )
    active = np.flatnonzero(functions["by_class"](counts[0]))
    reward = functions["each_reward"](np.zeros(10), active[0], 0.0) - 0.5
    session.run(1, signals={"M": functions["for_neurons"](reward, session)})
    change = functions["by_class"]((session.weights("image_classes") - before).sum(axis=0))
    assert len(active) > 1
    assert_array_equal(np.sign(change[active]), [1, *-np.ones(len(active) - 1)])


def test_nothing_is_learned_without_reward(functions):
    session = Session(lower(load_model("reward_digits")))
    before = session.weights("image_classes")
    spikes = np.ones((functions["STEPS"], 64), np.uint8)
    counts = session.run(functions["STEPS"], inputs={"image": spikes}, signals={"M": np.zeros(functions["STEPS"])}).counts(
        "classes"
    )
    assert counts.sum() > 0
    assert_array_equal(session.weights("image_classes"), before)
    session.run(1, signals={"M": [1.0]})
    assert np.any(session.weights("image_classes") != before)
