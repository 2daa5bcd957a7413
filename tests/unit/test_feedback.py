"""Feedback of desire backpropagation: what goes down, how it keeps up with the weights, and what keeps neurons teachable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim.cards.card import rule_card
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, UnsupportedError, UsageError
from neurosim.models import load_model
from neurosim.plasticity import DesireSignal, desire
from neurosim.plasticity.feedback import (
    FEEDBACKS,
    FrozenFeedback,
    KolenPollack,
    RandomFeedback,
    SignFeedback,
    Tied,
    feedback_angle,
    named_feedback,
)
from neurosim.rng import stream
from neurosim.train import Dropout, train
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.online import present, train_block
from neurosim.train.desire.training import Training

SIZES = (64, 40, 30, 10)
ETA = 1e-3


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def few(digits):
    return replace(digits, train_images=digits.train_images[:200], train_labels=digits.train_labels[:200])


def chained(feedback, sizes=SIZES, **rule):
    """A chain of `desire_mlp` with another feedback, from the same weights."""
    signal = DesireSignal(feedback=feedback, ceiling=rule.pop("ceiling", None))
    network = load_model("desire_mlp", sizes=sizes)
    own = desire(eta=ETA, signal=signal, **rule)
    return chain_of(replace(network, projections=tuple(replace(p, plasticity=own) for p in network.projections)))


def shown_to(chain, digits, n=30, first=0):
    part = slice(first, first + n)
    images = digits.train_images[part] / np.float32(16)
    return present(chain, images, digits.train_labels[part], Dropout(0.1, 0.3), stream(3))


def taught(chain, digits, n=30, batch=1, first=0, eta=ETA):
    train_block(chain, shown_to(chain, digits, n, first), eta, batch)
    return chain


def start(chain):
    return chained(chain.signal.feedback).weights


def test_tied_is_the_weights(digits):
    chain = taught(chained(Tied()), digits)
    assert all(b is w for w, b in zip(chain.weights, chain.feedback, strict=True)) and chain.angle == 0


def test_frozen_stays_as_the_weights_were(digits):
    chain = taught(chained(FrozenFeedback()), digits)
    for before, w, b in list(zip(start(chain), chain.weights, chain.feedback, strict=True))[1:]:
        np.testing.assert_array_equal(b, before)
        assert np.abs(w - before).max() > 1e-3


def test_random_stays_and_is_of_its_seed_and_size(digits):
    chain, other = chained(RandomFeedback(0.2, seed=4)), chained(RandomFeedback(0.2, seed=5))
    before = [b.copy() for b in chain.feedback]
    taught(chain, digits)
    np.testing.assert_array_equal(chain.feedback[1], before[1])
    assert 0.15 < chain.feedback[1].std() < 0.25 and not np.array_equal(chain.feedback[1], other.feedback[1])
    assert np.abs(chain.feedback[1]).max() > np.abs(chained(RandomFeedback(0.02)).feedback[1]).max()


@pytest.mark.parametrize("batch", [1, 4])
def test_sign_follows_the_weights(digits, batch):
    chain = chained(SignFeedback(0.3))
    before = chain.feedback[2].copy()
    taught(chain, digits, batch=batch)
    for w, b in list(zip(chain.weights, chain.feedback, strict=True))[1:]:
        np.testing.assert_array_equal(b, 0.3 * np.sign(w))
    assert not np.array_equal(before, chain.feedback[2])


def test_kolen_pollack_comes_nearer_by_its_decay(digits):
    chain, decay = chained(KolenPollack(decay=0.01)), 0.01
    apart = [b - w for w, b in zip(chain.weights, chain.feedback, strict=True)]
    size, learned = np.abs(chain.weights[2]).mean(), 0
    for k in range(20):
        before = [w.copy() for w in chain.weights]
        taught(chain, digits, n=1, first=k)
        learned += any(not np.array_equal(a, w) for a, w in zip(before, chain.weights, strict=True))
        for was, w, b in list(zip(apart, chain.weights, chain.feedback, strict=True))[1:]:
            np.testing.assert_allclose(b - w, was * (1 - decay) ** learned, rtol=0, atol=1e-12)
    assert learned > 10 and np.abs(chain.weights[2]).mean() < size


def test_kolen_pollack_in_batches_comes_as_near(digits):
    chain = chained(KolenPollack(decay=0.01))
    apart = chain.feedback[1] - chain.weights[1]
    taught(chain, digits, n=4, batch=4)
    left = (chain.feedback[1] - chain.weights[1]) / apart
    powers = np.log(left) / np.log(0.99)
    np.testing.assert_allclose(powers, np.round(powers[0, 0]), rtol=0, atol=1e-6)
    assert 1 <= round(powers[0, 0]) <= 4


@pytest.mark.parametrize("feedback", [FrozenFeedback(), RandomFeedback(), SignFeedback(), KolenPollack(), Tied()])
def test_angle_and_desire_come_from_the_feedback(digits, feedback):
    """A single sample changes the first layer as the equation says, with B in place of W."""
    chain = chained(feedback, sizes=(64, 40, 10))
    weights, down = [w.copy() for w in chain.weights], chain.feedback[1].copy()
    shown = present(chain, digits.train_images[:1] / np.float32(16), digits.train_labels[:1], Dropout(), stream(0))
    (counts,) = train_block(chain, shown, ETA)
    label = np.arange(10) == shown.labels[0]
    error = np.where(label, 1 - counts / 16, counts / 16)
    q = down @ (np.where(error > 0.30, np.where(label, 1, -1), 0) * error)
    wanted = np.where(np.abs(q) >= 0.05, np.sign(q), 0)
    moved = np.sign((chain.weights[0] - weights[0]).sum(axis=0))
    assert np.any(moved > 0) and np.any(moved < 0)
    np.testing.assert_array_equal(moved[moved != 0], wanted[moved != 0])
    assert chain.angle == pytest.approx(feedback_angle(chain.weights, chain.feedback))


def test_angle_is_of_all_matrices_but_the_first():
    first, one, other = np.array([[5.0]]), np.array([[1.0, 0.0]]), np.array([[1.0], [1.0]])
    assert feedback_angle((first, one, other), (first, one.copy(), other.copy())) == pytest.approx(0, abs=1e-6)
    assert feedback_angle((first, one, other), (first, -one, -other)) == pytest.approx(180, abs=1e-5)
    assert feedback_angle((first, one, other), (first, np.array([[0.0, 1.0]]), np.array([[1.0], [-1.0]]))) == pytest.approx(90)
    assert np.isnan(feedback_angle((first, one), (first, 0 * one)))


def test_without_a_floor_a_silent_output_learns_nothing_and_with_it_its_label_does(digits):
    weights = []
    for floor in (0.0, 4.0):
        chain = chained(Tied(), sizes=(64, 10), floor=floor)
        chain.weights[0][:] = -0.1
        shown = present(chain, digits.train_images[:1] / np.float32(16), digits.train_labels[:1], Dropout(), stream(0))
        assert not train_block(chain, shown, ETA).any()
        weights.append(chain.weights[0] + 0.1)
    label, (train_in,) = digits.train_labels[0], shown.trains
    trace = np.zeros(64)
    for k in range(20):
        trace = 0.75 * trace + ((train_in >> np.uint64(k)) & np.uint64(1))
    assert not weights[0].any()
    np.testing.assert_allclose(weights[1][:, label], ETA * 4 * trace, rtol=0, atol=1e-12)
    assert not np.delete(weights[1], label, axis=1).any() and trace.max() > 1


def test_nobody_at_the_ceiling_wants_more(digits):
    free, low = (chained(RandomFeedback(), sizes=(64, 40, 10), ceiling=c) for c in (None, 1))
    before = free.weights[0].copy()
    for chain in (free, low):
        taught(chain, digits, n=1)
    rises = [(np.sign(c.weights[0] - before) > 0).any(axis=0) for c in (free, low)]
    falls = [(np.sign(c.weights[0] - before) < 0).any(axis=0) for c in (free, low)]
    assert rises[0].any() and not rises[1].any()
    np.testing.assert_array_equal(*falls)


def test_bounds_hold(digits):
    free, chain = (taught(chained(Tied(), bounds=b), digits, n=60, eta=5e-3) for b in (None, (-0.8, 0.9)))
    assert min(w.min() for w in free.weights) < -0.81 and max(w.max() for w in free.weights) > 0.91
    assert min(w.min() for w in chain.weights) == -0.8 and max(w.max() for w in chain.weights) == 0.9


@pytest.mark.parametrize("feedback", [FrozenFeedback(), RandomFeedback(), SignFeedback(0.2)])
def test_brian2_learns_the_same_with_other_feedback(digits, feedback):
    from neurosim.train.desire.brian2_training import train_brian2

    ours, theirs = (chained(feedback, floor=2.0, bounds=(-0.8, 0.8), ceiling=12) for _ in range(2))
    shown = shown_to(ours, digits, n=10)
    np.testing.assert_array_equal(train_block(ours, shown, 2e-2), train_brian2(theirs, shown, 2e-2))
    assert max(np.abs(w).max() for w in ours.weights) == 0.8
    for a, b in zip((*ours.weights, *ours.feedback), (*theirs.weights, *theirs.feedback), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)


def test_brian2_refuses_kolen_pollack_by_name(digits):
    from neurosim.train.desire.brian2_training import train_brian2

    chain = chained(KolenPollack())
    with pytest.raises(UnsupportedError, match="KolenPollack.*emulator"):
        train_brian2(chain, shown_to(chain, digits, n=1), ETA)


def test_feedback_survives_the_checkpoint(few, tmp_path):
    network = load_model("desire_mlp", feedback="kolen_pollack", floor=2.0, ceiling=12)
    whole = train(network, few, epochs=2, progress=False)
    train(network, few, epochs=1, folder=tmp_path, progress=False)
    parts = train(network, few, epochs=2, folder=tmp_path, resume=True, progress=False)
    np.testing.assert_array_equal(whole.feedback["hidden1_output"], parts.feedback["hidden1_output"])
    assert [e.feedback_angle for e in whole.history] == [e.feedback_angle for e in parts.history]
    assert list(Training.load(tmp_path / "training.h5", network).feedback) == ["hidden1_output"]
    with pytest.raises(DataError, match="other settings.*signal"):
        train(load_model("desire_mlp", floor=2.0, ceiling=12), few, epochs=2, folder=tmp_path, resume=True, progress=False)


def test_older_checkpoints_go_on(few, tmp_path):
    network = load_model("desire_mlp")
    first = train(network, few, epochs=1, folder=tmp_path, progress=False)
    signal = {k: v for k, v in first.settings["signal"].items() if k not in ("feedback", "ceiling")}
    older = {k: v for k, v in first.settings.items() if k not in ("floor", "bounds")} | {"signal": signal}
    replace(first, settings=older).save(tmp_path / "training.h5")
    resumed = train(network, few, epochs=2, folder=tmp_path, resume=True, progress=False)
    assert len(resumed.history) == 2 and resumed.history[-1].feedback_angle == 0


def test_cards_say_weight_transport():
    wanted = {"tied": True, "sign": True, "frozen": False, "kolen_pollack": False, "random": False}
    found = {n: rule_card(desire(signal=DesireSignal(feedback=named_feedback(n)))).weight_transport for n in FEEDBACKS}
    assert found == wanted
    assert "S, which Silence supplies" in rule_card(desire(floor=1.0)).locality


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: RandomFeedback(0.0), NetworkError, "RandomFeedback.scale = 0.0"),
        (lambda: SignFeedback(-1.0), NetworkError, "SignFeedback.scale = -1.0"),
        (lambda: KolenPollack(decay=1.0), NetworkError, "KolenPollack.decay = 1.0"),
        (lambda: named_feedback("randon"), UsageError, "feedback 'randon'"),
        (lambda: named_feedback("tied", scale=1), UsageError, "option 'scale'"),
        (lambda: DesireSignal(feedback="random"), NetworkError, "expected one such as RandomFeedback"),
        (lambda: DesireSignal(ceiling=0), NetworkError, "ceiling = 0"),
        (lambda: desire(floor=-1.0), NetworkError, "floor = -1.0"),
    ],
)
def test_wrong_feedback_is_named(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
