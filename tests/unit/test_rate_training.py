"""Training of rates: it learns, goes on bit for bit, and refuses what does not fit."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.errors import DataError, UsageError
from neurosim.rate import RateTraining, train_rates, training
from neurosim.rate.algorithms.burstccn import BurstCCN, bursting
from neurosim.rate.algorithms.burstccn_feedback import RandomFeedback, SymmetricStart, TiedFeedback
from neurosim.rate.checkpoint import CHECKPOINT
from neurosim.rate.images import Images
from neurosim.rate.learner import Learner

FEEDBACKS = (RandomFeedback(), SymmetricStart(), TiedFeedback(0.5))
NETWORK, ALGORITHM = bursting(64, 60, 40, 10, seed=3), BurstCCN(eta=10.0)


def digits(algorithm=ALGORITHM, **settings):
    return train_rates(NETWORK, algorithm, load_dataset("digits"), progress=False, **settings)


def equal(one, other):
    return one.keys() == other.keys() and all(
        np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


def figures(found):
    return [(e.epoch, e.train_error, e.test_error, e.loss, e.angles, e.lengths) for e in found.history]


@pytest.fixture(scope="module")
def uninterrupted():
    return digits(epochs=20)


def test_it_learns_digits(uninterrupted):
    last = uninterrupted.history[-1]
    assert last.test_error < 0.15
    assert uninterrupted.history[0].loss > 1.5 * last.loss
    assert len(last.angles) == 3


def test_learning_without_tests_and_checkpoints_learns_the_same_weights():
    learner = Learner(NETWORK, ALGORITHM)
    training.learn(learner, Images(load_dataset("digits")), epochs=2, batch=32)
    assert equal(learner.circuit.state, digits(epochs=2, batch=32).state)


@pytest.mark.parametrize("feedback", FEEDBACKS, ids=lambda f: type(f).__name__)
def test_a_resumed_run_equals_an_uninterrupted_one(feedback, tmp_path):
    algorithm = replace(ALGORITHM, feedback=feedback, eta_y=1e-3, weight_decay=1e-5, eta_decay=0.1)
    whole = digits(algorithm, epochs=2)
    digits(algorithm, epochs=1, folder=tmp_path)
    resumed = digits(algorithm, epochs=2, folder=tmp_path, resume=True)
    assert equal(resumed.state, whole.state)
    assert figures(resumed) == figures(whole)
    assert not equal(whole.state, Learner(NETWORK, algorithm).circuit.state)


def test_each_epoch_has_its_learning_rate(monkeypatch):
    rates, learn = [], Learner.learn

    def watched(self, x, t):
        rates.append((self.algorithm.eta, self.algorithm.eta_q, self.algorithm.eta_y, self.algorithm.weight_decay))
        return learn(self, x, t)

    monkeypatch.setattr(Learner, "learn", watched)
    digits(replace(ALGORITHM, eta=8.0, eta_q=0.2, eta_y=0.004, weight_decay=0.04, eta_decay=0.5), epochs=3)
    assert list(dict.fromkeys(rates)) == [(8.0, 0.2, 0.004, 0.04), (4.0, 0.1, 0.002, 0.02), (2.0, 0.05, 0.001, 0.01)]


def test_ctrl_c_within_an_epoch_saves_and_goes_on(uninterrupted, tmp_path, monkeypatch):
    learn, calls = Learner.learn, []

    def interrupted(self, x, t):
        calls.append(len(x))
        if len(calls) == 27:
            signal.raise_signal(signal.SIGINT)
        return learn(self, x, t)

    monkeypatch.setattr(Learner, "learn", interrupted)
    monkeypatch.setattr(training, "_LOOK_UP", 8)
    with pytest.raises(KeyboardInterrupt):
        digits(epochs=20, folder=tmp_path)
    monkeypatch.undo()
    kept = RateTraining.load(tmp_path)
    assert (len(kept.history), kept.running.images) == (0, 4 * 8 * 32)
    resumed = digits(epochs=20, folder=tmp_path, resume=True)
    assert equal(resumed.state, uninterrupted.state)
    assert figures(resumed) == figures(uninterrupted)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    digits(epochs=2, folder=tmp_path)
    for other in (replace(ALGORITHM, eta=2.0), replace(ALGORITHM, feedback=TiedFeedback())):
        with pytest.raises(DataError, match="other settings .algorithm."):
            digits(other, epochs=3, folder=tmp_path, resume=True)
    with pytest.raises(DataError, match="2 epochs already, more than the 1"):
        digits(epochs=1, folder=tmp_path, resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        RateTraining.load(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"no HDF5")
    with pytest.raises(DataError, match="damaged, incomplete or not HDF5"):
        digits(epochs=1, folder=tmp_path, resume=True)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"epochs": 0}, UsageError, "epochs = 0; expected a whole number from 1"),
        ({"batch": 1.5}, UsageError, "batch = 1.5"),
        ({"dtype": "float16"}, UsageError, "dtype 'float16'"),
        ({"resume": True}, UsageError, "needs folder"),
        ({"network": bursting(7, 6, 10)}, DataError, "has 7 inputs; data set 'digits' has 64 pixels"),
    ],
)
def test_wrong_trainings_are_refused(wrong, error, message):
    chosen = {"network": NETWORK, "algorithm": ALGORITHM, "dataset": load_dataset("digits"), "epochs": 1, "progress": False}
    with pytest.raises(error, match=message):
        train_rates(**chosen | wrong)
