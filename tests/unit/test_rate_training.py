"""Training of rates: it learns, goes on bit for bit, and refuses what does not fit."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.errors import DataError, UsageError
from neurosim.rate.burst import BurstCCN, RandomFeedback, RateTraining, SymmetricStart, TiedFeedback, train_rates, training
from neurosim.rate.burst.checkpoint import CHECKPOINT

FEEDBACKS = (RandomFeedback(), SymmetricStart(), TiedFeedback())
DIGITS = BurstCCN((64, 60, 40, 10), eta=10.0, seed=3)


def equal(one, other):
    return all(np.array_equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


def figures(found):
    return [(e.epoch, e.train_error, e.test_error, e.loss, e.angles) for e in found.history]


@pytest.fixture(scope="module")
def uninterrupted():
    return train_rates(DIGITS, load_dataset("digits"), epochs=20, progress=False)


def test_it_learns_digits(uninterrupted):
    last = uninterrupted.history[-1]
    assert last.test_error < 0.15
    assert uninterrupted.history[0].loss > 1.5 * last.loss
    assert len(last.angles) == 3


@pytest.mark.parametrize("feedback", FEEDBACKS, ids=lambda f: type(f).__name__)
def test_a_resumed_run_equals_an_uninterrupted_one(feedback, tmp_path):
    network, digits = replace(DIGITS, feedback=feedback, weight_decay=1e-5, eta_decay=0.1), load_dataset("digits")
    whole = train_rates(network, digits, epochs=2, progress=False)
    train_rates(network, digits, epochs=1, folder=tmp_path, progress=False)
    resumed = train_rates(network, digits, epochs=2, folder=tmp_path, resume=True, progress=False)
    assert equal(resumed.parameters, whole.parameters)
    assert figures(resumed) == figures(whole)
    assert not equal(whole.parameters, network.start())


def test_each_epoch_has_its_learning_rate(monkeypatch):
    rates = []
    monkeypatch.setattr(training, "learn_rows", lambda n, *_: (rates.append((n.eta, n.eta_q, n.weight_decay)), (0, 0.0))[1])
    network = replace(DIGITS, eta=8.0, eta_q=0.2, weight_decay=0.04, eta_decay=0.5)
    train_rates(network, load_dataset("digits"), epochs=3, progress=False)
    assert list(dict.fromkeys(rates)) == [(8.0, 0.2, 0.04), (4.0, 0.1, 0.02), (2.0, 0.05, 0.01)]


def test_ctrl_c_within_an_epoch_saves_and_goes_on(uninterrupted, tmp_path, monkeypatch):
    digits, learn = load_dataset("digits"), training.learn_rows
    calls = []

    def interrupted(*of):
        calls.append(of)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return learn(*of)

    monkeypatch.setattr(training, "learn_rows", interrupted)
    monkeypatch.setattr(training, "_LOOK_UP", 8)
    with pytest.raises(KeyboardInterrupt):
        train_rates(DIGITS, digits, epochs=20, folder=tmp_path, progress=False)
    monkeypatch.undo()
    kept = RateTraining.load(tmp_path)
    assert (len(kept.history), kept.running.images) == (0, 4 * 8 * 32)
    resumed = train_rates(DIGITS, digits, epochs=20, folder=tmp_path, resume=True, progress=False)
    assert equal(resumed.parameters, uninterrupted.parameters)
    assert figures(resumed) == figures(uninterrupted)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    digits = load_dataset("digits")
    train_rates(DIGITS, digits, epochs=2, folder=tmp_path, progress=False)
    for other in (replace(DIGITS, eta=2.0), replace(DIGITS, feedback=TiedFeedback())):
        with pytest.raises(DataError, match="other settings .network."):
            train_rates(other, digits, epochs=3, folder=tmp_path, resume=True, progress=False)
    with pytest.raises(DataError, match="2 epochs already, more than the 1"):
        train_rates(DIGITS, digits, epochs=1, folder=tmp_path, resume=True, progress=False)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        RateTraining.load(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"no HDF5")
    with pytest.raises(DataError, match="damaged, incomplete or not HDF5"):
        train_rates(DIGITS, load_dataset("digits"), epochs=1, folder=tmp_path, resume=True, progress=False)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"epochs": 0}, UsageError, "epochs = 0; expected a whole number from 1"),
        ({"batch": 1.5}, UsageError, "batch = 1.5"),
        ({"dtype": "float16"}, UsageError, "dtype 'float16'"),
        ({"resume": True}, UsageError, "needs folder"),
        ({"network": BurstCCN((7, 6, 5, 4))}, DataError, "has 7 inputs and 4 outputs.*64 pixels and 10"),
    ],
)
def test_wrong_trainings_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        train_rates(**{"network": DIGITS, "dataset": load_dataset("digits"), "epochs": 1, "progress": False, **wrong})
