"""Training in batches and over threads, in parts, and on images as grey levels."""

import importlib
import signal
import threading
from contextlib import nullcontext
from dataclasses import replace

import numba
import numpy as np
import pytest

from neurosim import PoissonCoding, RateCoding
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, UnsupportedError, UsageError
from neurosim.models import load_model
from neurosim.processes.interrupt import stop_on_interrupt
from neurosim.rng import stream
from neurosim.train import Dropout, train
from neurosim.train.desire.augment import Shift
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.coding import Coder, from_bits, to_bits
from neurosim.train.desire.online import Course, present, train_block, train_epoch
from neurosim.train.desire.training import Training

SIZES = (64, 70, 10)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def few(digits):
    return replace(
        digits,
        train_images=digits.train_images[:700],
        train_labels=digits.train_labels[:700],
        test_images=digits.test_images[:50],
        test_labels=digits.test_labels[:50],
    )


def shown_to(chain, digits, n):
    images = digits.train_images[:n] / np.float32(16)
    return present(chain, images, digits.train_labels[:n], Dropout(0.1, 0.3), stream(3))


def part_of(shown, here):
    masks = tuple(mask[here] for mask in shown.masks)
    return replace(shown, trains=shown.trains[here], labels=shown.labels[here], masks=masks)


def test_a_batch_sums_the_changes_of_its_samples(digits):
    """At the same weights each sample alone gives a change; the batch brings their sum."""
    network = load_model("desire_mlp", sizes=SIZES)
    whole = chain_of(network)
    shown = shown_to(whole, digits, 6)
    counts = train_block(whole, shown, 1e-3, batch=6)
    change = [np.zeros_like(w) for w in whole.weights]
    for b in range(6):
        one = chain_of(network)
        np.testing.assert_array_equal(train_block(one, part_of(shown, slice(b, b + 1)), 1e-3)[0], counts[b])
        for total, after, before in zip(change, one.weights, chain_of(network).weights, strict=True):
            total += after - before
    for after, before, expected in zip(whole.weights, chain_of(network).weights, change, strict=True):
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(after - before, expected, rtol=0, atol=1e-14)


def test_batches_need_not_divide_the_samples(digits):
    chains = [chain_of(load_model("desire_mlp", sizes=SIZES)) for _ in range(2)]
    shown = shown_to(chains[0], digits, 10)
    train_block(chains[0], shown, 1e-3, batch=4)
    for part in (slice(0, 4), slice(4, 8), slice(8, 10)):
        here = part_of(shown, part)
        train_block(chains[1], here, 1e-3, batch=here.labels.size)
    for a, b in zip(chains[0].weights, chains[1].weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_nothing(digits, dtype):
    results = []
    before = numba.get_num_threads()
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        # Large enough to be worth threads.
        chain = chain_of(load_model("desire_mlp", sizes=(64, 2100, 100, 10)))
        chain = replace(chain, weights=tuple(w.astype(dtype) for w in chain.weights))
        train_block(chain, shown_to(chain, digits, 30), 1e-3, batch=8)
        results.append(chain.weights)
    numba.set_num_threads(before)
    for a, b in zip(*results, strict=True):
        assert a.dtype == dtype
        np.testing.assert_array_equal(a, b)


def test_an_epoch_in_parts_is_the_whole_epoch(few):
    chains = [chain_of(load_model("desire_mlp", sizes=SIZES)) for _ in range(2)]
    data = few.train_images, few.train_labels, Coder(RateCoding(20), 16, (8, 8))
    how = {"eta": 1e-3, "course": Course(Dropout(0.1, 0.3), Shift(1), batch=4, seed=5), "epoch": 1}
    whole = train_epoch(chains[0], *data, **how)
    part = train_epoch(chains[1], *data, **how, stopping=lambda: True)
    assert 0 < part.images < 700 == whole.images
    assert train_epoch(chains[1], *data, **how, done=part) == whole
    for a, b in zip(chains[0].weights, chains[1].weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_ctrl_c_saves_and_resume_gives_the_uninterrupted_run(few, tmp_path, monkeypatch):
    network = load_model("desire_mlp", sizes=SIZES)
    whole = train(network, few, epochs=2, batch=3, progress=False)
    stopped = iter([False, True])
    loop = importlib.import_module("neurosim.train.desire.loop")
    monkeypatch.setattr(loop, "stop_on_interrupt", lambda: nullcontext(lambda: next(stopped)))
    with pytest.raises(KeyboardInterrupt):
        train(network, few, epochs=2, batch=3, folder=tmp_path, progress=False)
    monkeypatch.undo()
    kept = Training.load(tmp_path / "training.h5", network)
    assert kept.history == () and 0 < kept.part["images"] < 700
    parts = train(network, few, epochs=2, batch=3, folder=tmp_path, resume=True, progress=False)
    assert [e.train_accuracy for e in parts.history] == [e.train_accuracy for e in whole.history]
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(weights, parts.weights[name])


def test_a_second_ctrl_c_does_not_wait(capfd):
    # Python's own handler: a shell starts what runs in the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with stop_on_interrupt() as stopping:
        assert not stopping()
        signal.raise_signal(signal.SIGINT)
        assert stopping() and "press Ctrl-C again to stop at once" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_other_threads_train_without_a_handler():
    seen = []

    def work():
        with stop_on_interrupt() as stopping:
            seen.append(stopping())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_trains_are_the_raster_in_bits():
    raster = stream(0).random((20, 3, 5)) < 0.4
    np.testing.assert_array_equal(np.swapaxes(from_bits(to_bits(raster), 20), 0, 1), raster)


@pytest.mark.parametrize("encoder", [RateCoding(20), PoissonCoding(20)])
def test_grey_levels_are_coded_as_the_encoder_says(digits, encoder):
    images = digits.train_images[:4]
    expected = to_bits(encoder.encode(images / np.float32(16), stream(1)))
    np.testing.assert_array_equal(Coder(encoder, 16, (8, 8)).trains(images, stream(1)), expected)


def test_samples_longer_than_a_train_are_refused(few):
    with pytest.raises(UnsupportedError, match="at most 63 steps; found an encoder with 64"):
        train(load_model("desire_mlp", sizes=SIZES, steps=64), few, epochs=1, progress=False)


def test_wrong_batches_are_named(few):
    with pytest.raises(UsageError, match="batch = 0"):
        train(load_model("desire_mlp", sizes=SIZES), few, batch=0)
    with pytest.raises(UnsupportedError, match="one sample at a time; found batch = 2"):
        train(load_model("desire_mlp", sizes=SIZES), few, batch=2, engine="brian2", epochs=1, progress=False)


def test_held_out_images_come_from_the_training_set_only(digits):
    split = digits.held_out(200)
    assert (len(split.train_labels), len(split.test_labels)) == (1237, 200)
    together = np.concatenate([split.train_images, split.test_images])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(digits.train_images, axis=0))
    assert split.name == "digits" and split.held == {"n": 200, "seed": 0} and split.checksums == digits.checksums
    np.testing.assert_array_equal(digits.held_out(200).test_labels, split.test_labels)
    assert not np.array_equal(digits.held_out(200, seed=1).test_labels, split.test_labels)
    for n in (0, 1437):
        with pytest.raises(DataError, match=f"hold out {n} of 1437"):
            digits.held_out(n)


def test_shifted_images_are_the_same_images_elsewhere():
    image = np.zeros((5, 6), np.uint8)
    image[2, 3] = 7
    moved = Shift(2)(np.tile(image.ravel(), (400, 1)), (5, 6), stream(0)).reshape(-1, 5, 6)
    n, row, column = np.nonzero(moved)
    np.testing.assert_array_equal(n, np.arange(400))
    assert set(zip(row, column, strict=True)) == {(r, c) for r in range(5) for c in range(1, 6)}
    images = stream(1).integers(0, 255, (3, 30)).astype(np.uint8)
    assert Shift(0)(images, (5, 6), stream(0)) is images


def test_shifts_beyond_the_edge_lose_what_leaves():
    image = np.ones((1, 4), np.uint8)
    assert {int(Shift(1)(image, (2, 2), stream(k)).sum()) for k in range(30)} == {1, 2, 4}


@pytest.mark.parametrize("pixels", [-1, 1.5, True])
def test_wrong_shifts_are_named(pixels):
    with pytest.raises(NetworkError, match="Shift.pixels"):
        Shift(pixels)
