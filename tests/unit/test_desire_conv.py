"""Desire backpropagation through convolutions: the same as a dense layer with tied weights, resume, and the door."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest

from neurosim import Convolution, Projection, deploy
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, UnsupportedError
from neurosim.models import load_model
from neurosim.network.ends import Ends
from neurosim.plasticity import desire
from neurosim.rng import stream
from neurosim.train import Dropout, train
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.links import SharedLink
from neurosim.train.desire.online import present, train_block
from neurosim.train.desire.pack import counts_on_chip, pack
from neurosim.train.desire.training import Training
from tests.unit.test_train import paper_step

ETA = 1e-3
NETS = {
    "one kernel": {"channels": (20,), "kernel": 5, "stride": 1, "sizes": (30, 10)},
    "two kernels": {"channels": (20, 36), "kernel": 3, "stride": 2, "sizes": (10,)},
}


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def few(digits):
    return replace(
        digits,
        train_images=digits.train_images[:300],
        train_labels=digits.train_labels[:300],
        test_images=digits.test_images[:50],
        test_labels=digits.test_labels[:50],
    )


def shown_to(chain, digits, n):
    images = digits.train_images[:n] / np.float32(16)
    return present(chain, images, digits.train_labels[:n], Dropout(0.1, 0.3), stream(3))


def tied_step(chain, weights, *sample):
    """A sample by the paper's equations, on single synapses; synapses that share a weight sum their changes."""
    synapses = [link.synapses(w) for link, w in zip(chain.links, weights, strict=True)]
    counts, after = paper_step(synapses, *sample)
    changes = [over_places(link, new - old) for link, old, new in zip(chain.links, synapses, after, strict=True)]
    return counts, [w + rate * change for w, rate, change in zip(weights, chain.rates, changes, strict=True)]


def over_places(link, change):
    parts = change.reshape(len(change), -1, link.places)
    return sum(parts[window, :, place] for place, window in enumerate(link.windows))


@pytest.mark.parametrize("net", NETS)
def test_a_convolution_learns_as_a_dense_layer_with_tied_weights(digits, net):
    network = load_model("desire_conv", **NETS[net], eta=ETA, eta_kernel=3 * ETA)
    chain, untrained = chain_of(network), chain_of(network)
    shown, weights = shown_to(chain, digits, 40), untrained.weights
    counts = train_block(chain, shown, chain.eta)
    for b in range(40):
        masks = [mask[b] for mask in shown.masks]
        sample = digits.train_images[b] / np.float32(16), shown.labels[b], masks, shown.scales, chain.eta
        expected, weights = tied_step(chain, weights, *sample)
        np.testing.assert_array_equal(counts[b], expected)
    for ours, theirs, before in zip(chain.weights, weights, untrained.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        assert np.abs(ours - before).max() > 3e-3


def whole_image_kernels(dense):
    """The network `dense` (64-30-10) with its first layer as kernels of the size of the image."""
    weights = np.asarray(dense.weights("image_hidden1")).T.reshape(30, 1, 8, 8)
    rule = dense.projection("image_hidden1").plasticity
    first = Projection("image", "hidden1", Convolution(weights, shape=(8, 8)), plasticity=rule)
    second = replace(dense.projections[1], weights=np.asarray(dense.weights("hidden1_output")))
    return replace(dense, projections=(first, second))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_as_large_as_the_image_are_a_dense_layer_bit_for_bit(digits, dtype):
    dense = load_model("desire_mlp", sizes=(64, 30, 10), floor=1, ceiling=12, bounds=(-0.7, 0.7))
    ours, theirs = chain_of(whole_image_kernels(dense)).as_type(dtype), chain_of(dense).as_type(dtype)
    assert ours.shared == ("image_hidden1",) and not theirs.shared
    shown = shown_to(ours, digits, 200)
    np.testing.assert_array_equal(train_block(ours, shown, 5 * ETA), train_block(theirs, shown, 5 * ETA))
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert max(np.abs(w).max() for w in ours.weights) == np.asarray(0.7, dtype)


def test_a_batch_sums_changes_and_threads_change_nothing(digits):
    network = load_model("desire_conv", channels=(20,), kernel=5, sizes=(1000, 10), eta=ETA, eta_kernel=10 * ETA)
    results, before = [], numba.get_num_threads()
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        chain = chain_of(network)
        shown = shown_to(chain, digits, 6)
        train_block(chain, shown, ETA, batch=6)
        results.append(chain.weights)
    numba.set_num_threads(before)
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
    start, change = chain_of(network).weights, [np.zeros_like(w) for w in results[0]]
    for b in range(6):
        one, here = chain_of(network), slice(b, b + 1)
        masks = tuple(mask[here] for mask in shown.masks)
        train_block(one, replace(shown, trains=shown.trains[here], labels=shown.labels[here], masks=masks), ETA)
        for total, after, old in zip(change, one.weights, start, strict=True):
            total += after - old
    for after, old, expected in zip(results[0], start, change, strict=True):
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(after - old, expected, rtol=0, atol=1e-13)


def test_layers_may_have_different_learning_rates(digits):
    both = [load_model("desire_conv", channels=(20,), eta=1e-3, eta_kernel=rate) for rate in (0.0, 8e-3)]
    still, slow = (chain_of(network) for network in both)
    assert still.eta == slow.eta == 1e-3 and still.rates == (0.0, 1.0) and slow.rates == (0.5, 1.0)
    start = chain_of(both[0]).weights
    for chain in (still, slow):
        train_block(chain, shown_to(chain, digits, 1), chain.eta)
    np.testing.assert_array_equal(still.weights[0], start[0])
    assert np.abs(slow.weights[0] - start[0]).max() > 0
    np.testing.assert_array_equal(still.weights[1], slow.weights[1])


def test_windows_are_those_of_the_matrix():
    kernel = stream(0).normal(size=(3, 2, 3, 3))
    pattern = Convolution(kernel, shape=(7, 6), stride=2)
    link = SharedLink.of(pattern)
    matrix = pattern.matrix(Ends(2 * 42, 3 * 6), "1", stream(0)).toarray()
    np.testing.assert_array_equal(link.synapses(link.kept(kernel)), matrix)
    np.testing.assert_array_equal(link.described(link.kept(kernel)), kernel)


def test_resumed_training_equals_uninterrupted_and_comes_back(few, tmp_path):
    options = {"channels": (20,), "feedback": "random", "floor": 1, "ceiling": 12}
    network, how = load_model("desire_conv", **options), {"batch": 4, "shift": 1, "progress": False}
    how["origin"] = {"model": "desire_conv", "options": {**options, "channels": [20]}}
    whole = train(network, few, epochs=2, **how)
    train(network, few, epochs=1, folder=tmp_path, **how)
    parts = train(network, few, epochs=2, folder=tmp_path, resume=True, **how)
    stored = Training.load(tmp_path / "training.h5")
    assert whole.weights["image_conv1"].shape == (20, 1, 5, 5) and whole.settings["rates"] == [0.125, 1.0]
    for kind in ("weights", "feedback", "initial"):
        for name, expected in getattr(whole, kind).items():
            np.testing.assert_array_equal(getattr(parts, kind)[name], expected)
            np.testing.assert_array_equal(getattr(stored, kind)[name], expected)
    assert not np.array_equal(whole.weights["image_conv1"], whole.initial["image_conv1"])
    with pytest.raises(DataError, match="other settings.*rates"):
        train(load_model("desire_conv", **options, eta_kernel=1e-5), few, epochs=2, folder=tmp_path, resume=True, **how)


def test_training_learns_digits(digits):
    network = load_model("desire_conv", channels=(20,), ceiling=12)
    trained = train(network, digits, epochs=4, dropout=Dropout(), progress=False)
    assert trained.history[-1].test_accuracy > 0.9


def test_forward_pass_of_the_trainer_is_the_emulators(digits):
    network = load_model("desire_conv", **NETS["two kernels"])
    chain = chain_of(network)
    shown = present(chain, digits.test_images / np.float32(16), digits.test_labels, Dropout(), stream(0))
    found = counts_on_chip(deploy(network), digits, "float")
    np.testing.assert_array_equal(train_block(chain, shown, 0.0), found)
    assert found.any()


def test_what_cannot_be_trained_is_refused(digits):
    network = load_model("desire_conv")
    with pytest.raises(UnsupportedError, match="Training in Brian2 has dense layers only; found convolutions .'image_conv1'"):
        train(network, digits, engine="brian2", epochs=1, progress=False)
    with pytest.raises(NetworkError, match="'image_conv1' has a kernel of shape .16, 1, 5, 5.; found .16, 1, 3, 3."):
        network.with_weights({"image_conv1": np.zeros((16, 1, 3, 3))})
    with pytest.raises(UnsupportedError, match="A packed file has dense layers only.*Deploy training.network itself"):
        pack(Training(network, {}, ()), digits)
    sparse = network.with_weights({"image_conv1": network.weights("image_conv1")})
    with pytest.raises(UnsupportedError, match="'image_conv1' is sparse; expected dense weights, or a Convolution"):
        chain_of(sparse)
    first, second = network.projections
    other = replace(second, plasticity=desire(decay=0.5, signal=second.plasticity.modulators["D"].supplier))
    with pytest.raises(UnsupportedError, match="'conv1_output' has a different rule than 'image_conv1'.*only eta may differ"):
        chain_of(replace(network, projections=(first, other)))


def test_a_window_with_gaps_is_not_trained():
    network = load_model("desire_conv")
    first, *others = network.projections
    gaps = replace(first.weights, weight=np.zeros((16, 1, 3, 3)), dilation=2)
    with pytest.raises(UnsupportedError, match="'image_conv1' must be a convolution with a square kernel and without padding"):
        chain_of(replace(network, projections=(replace(first, weights=gaps), *others)))
