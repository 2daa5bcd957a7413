"""Training in the run on digits: it learns, in integers and in float, and says what it needs."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import numpy as np
import pytest

from models.desire_chip import UNIT, build
from models.desire_mlp import build as build_mlp
from neurosim import deploy
from neurosim.backends.emulator.session import Session
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError
from neurosim.train.in_run.training import readout, train_in_run
from tests.unit.desire_networks import ALLOW


def digits():
    data = load_dataset("digits")
    scale = np.float32(data.max_value)
    return (data.train_images / scale, data.train_labels), (data.test_images / scale, data.test_labels)


def deployed(eta=8 / 128 * UNIT):
    return deploy(build(sizes=(64, 60, 10), eta=eta, output_eta=4 * eta, seed=1), allow=ALLOW)


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_it_learns_digits(arithmetic):
    """600 images twice; guessing has 10 % right, and an untrained network less, since ties are errors."""
    (images, labels), (unseen, wanted) = digits()
    training = train_in_run(
        deployed(),
        images[:600],
        labels[:600],
        test=(unseen[:150], wanted[:150]),
        epochs=2,
        arithmetic=arithmetic,
        progress=False,
    )
    first, last = training.epochs
    assert first.met < last.met and last.met > 0.5 and last.accuracy > 0.5 and last.argmax >= last.accuracy
    weights = training.weights["image_hidden1"]
    assert weights.shape == (64, 60) and (arithmetic == "float" or np.array_equal(weights, np.round(weights)))


def test_a_learning_rate_for_each_epoch():
    """Exchanged after the first epoch: that one is the same, the next is not."""
    (images, labels), _ = digits()
    asked = []

    def at(epoch):
        asked.append(epoch)
        return deployed(8 / 128 * UNIT / 2**epoch)

    same, other = (train_in_run(d, images[:100], labels[:100], epochs=2, progress=False) for d in (deployed(), at))
    assert asked == [0, 1] and same.epochs[0].met == other.epochs[0].met
    for name, weights in same.weights.items():
        assert not np.array_equal(other.weights[name], weights)


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_an_interrupted_run_goes_on_bit_for_bit(arithmetic, tmp_path, monkeypatch):
    """Ctrl-C in the middle of the second epoch, where the rates are others."""
    (images, labels), (unseen, wanted) = digits()

    def at(epoch):
        return deployed(8 / 128 * UNIT / 2**epoch)

    def run(folder=None, **other):
        data = {"images": images[:120], "labels": labels[:120], "test": (unseen[:20], wanted[:20]), **other}
        return train_in_run(at, **data, epochs=2, arithmetic=arithmetic, folder=folder, progress=False)

    whole = run()
    pressed = iter([False] * 5 + [True])
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        module = sys.modules[train_in_run.__module__]
        patched.setattr(module, "stop_on_interrupt", lambda: nullcontext(lambda: next(pressed)))
        run(tmp_path)
    resumed = run(tmp_path)
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], weights)
    assert [(e.met, e.accuracy) for e in resumed.epochs] == [(e.met, e.accuracy) for e in whole.epochs]
    again = run(tmp_path)
    assert again.epochs == resumed.epochs, "a finished run is read, and not made again"
    with pytest.raises(DataError, match="belongs to another run"):
        run(tmp_path, labels=labels[:120] * 0)
    (tmp_path / "in_run.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="damaged, .*remove it to start again"):
        run(tmp_path)


def test_a_session_remembers_only_its_own_program():
    memory = Session(deployed().program).memory()
    other = Session(deploy(build(sizes=(64, 30, 10)), allow=ALLOW).program)
    with pytest.raises(NetworkError, match="not from 'desire_chip'"):
        other.restore(memory)


def test_what_it_needs():
    with pytest.raises(NetworkError, match="0 populations of LabelInput"):
        readout(build_mlp())
