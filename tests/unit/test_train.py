"""Desire backpropagation: the kernels against the paper's equations written out, resume, and the door."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from neurosim import LIF, AllToAll, ImageInput, Network, Population, Projection, RateCoding, deploy
from neurosim.backends.emulator import emulate
from neurosim.data import load_dataset
from neurosim.errors import DataError, UnsupportedError, UsageError
from neurosim.models import load_model
from neurosim.plasticity import desire
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.train import Dropout, train
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.online import argmax_hits, present, strict_hits, train_block
from neurosim.train.desire.pack import counts_on_chip
from neurosim.train.desire.training import Training

SIZES = (64, 40, 30, 10)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def few(digits):
    """A data set of 200 training images."""
    return replace(digits, train_images=digits.train_images[:200], train_labels=digits.train_labels[:200])


def paper_step(weights, image, label, masks, scales, eta, steps=20, decay=0.75, margin=4):
    """One sample by the equations of Gerlinghoff et al. (2023), row by row with dense matrices."""
    sizes = [len(weights[0]), *(w.shape[1] for w in weights)]
    z = [np.zeros((steps + 1, n)) for n in sizes]
    z[0][:steps] = RateCoding(steps).encode(image, None) * masks[0]
    v = [np.zeros(n) for n in sizes]
    x = [np.zeros((steps + 1, n)) for n in sizes]
    for t in range(steps):
        for layer, w in enumerate(weights):
            above = layer + 1
            v[above] = decay * v[above] + scales[layer] * (z[layer][t] @ w)
            z[above][t + 1] = (v[above] >= 1) & (masks[above] > 0)
            v[above] -= z[above][t + 1]
            x[layer][t + 1] = decay * x[layer][t] + z[layer][t]
    counts = [s.sum(axis=0) for s in z]
    n = steps - margin
    target = np.arange(sizes[-1]) == label
    error = np.where(target, 1 - counts[-1] / n, counts[-1] / n)
    sign = [None] * len(sizes)
    sign[-1] = np.where(error > 0.30, np.where(target, 1, -1), 0)
    if not sign[-1].any():
        return counts[-1], weights
    passed = sign[-1] * error
    for layer in range(len(weights) - 1, 0, -1):
        q = weights[layer] @ passed
        sign[layer] = np.where((np.abs(q) >= 0.05) & (masks[layer] > 0), np.sign(q), 0)
        passed = sign[layer] * np.abs((sign[layer] > 0) - counts[layer] / n)
    updated = [
        w + eta * sign[k + 1] * np.einsum("kj,ki->ij", z[k + 1], x[k]) for k, w in enumerate(weights)
    ]
    return counts[-1], updated


@pytest.mark.parametrize("dropout", [Dropout(), Dropout(0.1, 0.3)])
def test_kernels_equal_the_papers_equations(digits, dropout):
    chain = chain_of(load_model("desire_mlp", sizes=SIZES))
    weights = [w.copy() for w in chain.weights]
    images = digits.train_images[:40] / np.float32(16)
    shown = present(chain, images, digits.train_labels[:40], dropout, stream(1))
    counts = train_block(chain, shown, 1e-3)
    for b in range(40):
        masks = [m[b] for m in shown.masks]
        expected, weights = paper_step(weights, images[b], shown.labels[b], masks, shown.scales, 1e-3)
        np.testing.assert_array_equal(counts[b], expected)
    for ours, theirs in zip(chain.weights, weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    before = chain_of(load_model("desire_mlp", sizes=SIZES)).weights
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(chain.weights, before, strict=True))


def test_brian2_learns_the_same_weights(digits):
    from neurosim.train.desire.brian2_training import train_brian2

    ours, theirs = (chain_of(load_model("desire_mlp", sizes=SIZES)) for _ in range(2))
    shown = present(ours, digits.train_images[:15] / np.float32(16), digits.train_labels[:15], Dropout(0.1, 0.3), stream(2))
    np.testing.assert_array_equal(train_block(ours, shown, 1e-3), train_brian2(theirs, shown, 1e-3))
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)


def test_forward_pass_of_the_trainer_is_the_emulators(digits):
    network = load_model("desire_mlp", sizes=SIZES)
    chain = chain_of(network)
    shown = present(chain, digits.test_images / np.float32(16), digits.test_labels, Dropout(), stream(0))
    found = counts_on_chip(deploy(network), digits, "float")
    np.testing.assert_array_equal(train_block(chain, shown, 0.0), found)


def test_resumed_training_equals_uninterrupted(few, tmp_path):
    network = load_model("desire_mlp")
    whole = train(network, few, epochs=3, folder=tmp_path / "whole", progress=False)
    train(network, few, epochs=1, folder=tmp_path / "parts", progress=False)
    parts = train(network, few, epochs=3, folder=tmp_path / "parts", resume=True, progress=False)
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(weights, parts.weights[name])
    lines = [json.loads(line) for line in (tmp_path / "parts" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    assert [e.test_accuracy for e in whole.history] == [line["test_accuracy"] for line in lines]


def test_saved_training_comes_back(few, tmp_path):
    trained = train(load_model("desire_mlp"), few, epochs=1, progress=False, origin={"model": "desire_mlp", "options": {}})
    trained.save(tmp_path / "t.h5")
    again = Training.load(tmp_path / "t.h5")
    assert again.history == trained.history
    for name, weights in trained.weights.items():
        np.testing.assert_array_equal(again.weights[name], weights)
        assert not np.array_equal(again.initial[name], weights)


def test_checkpoint_of_another_run_is_refused(few, tmp_path):
    train(load_model("desire_mlp"), few, epochs=1, folder=tmp_path, progress=False)
    with pytest.raises(DataError, match="other settings.*eta_decay"):
        train(load_model("desire_mlp"), few, epochs=2, eta_decay=0.2, folder=tmp_path, resume=True, progress=False)


def test_training_learns_digits(digits):
    trained = train(load_model("desire_mlp"), digits, epochs=4, progress=False)
    assert trained.history[-1].test_accuracy > 0.85
    assert trained.history[-1].test_accuracy > trained.history[0].test_accuracy


def test_a_tie_is_an_error():
    counts = np.array([[3, 3, 0], [0, 5, 2], [0, 0, 0]])
    np.testing.assert_array_equal(strict_hits(counts, np.array([0, 1, 0])), [False, True, False])
    np.testing.assert_array_equal(argmax_hits(counts, np.array([0, 1, 0])), [True, True, True])


def test_float32_coding_differs_from_float64_on_the_known_grey_levels():
    levels = np.arange(256) / np.float32(255)
    published = RateCoding(20).encode(levels, None)
    u, other = np.zeros(256), np.zeros((20, 256), np.uint8)
    for k in range(20):
        u += np.arange(256) / 255
        other[k] = u >= 1
        u -= other[k]
    differing = np.flatnonzero((published != other).any(axis=0))
    np.testing.assert_array_equal(differing, [17, 34, 60, 105, 136, 153, 170, 187, 195, 210, 225])


def _network(projection, neuron=None):
    base = load_model("desire_mlp", sizes=(64, 10))
    layer = Population("output", 10, neuron or base.population("output").neuron)
    return Network("n", [Population("image", 64, ImageInput(RateCoding())), layer], [projection])


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda: _network(Projection("image", "output", AllToAll(0.1))), "no desire rule"),
        (
            lambda: _network(Projection("image", "output", AllToAll(0.1), plasticity=desire()), LIF(tau_m=_ms(5), v_th=1.0)),
            "must be SoftResetLIF",
        ),
        (lambda: _network(Projection("image", "output", AllToAll(0.1), plasticity=desire(), delay=_ms(2))), "has delays"),
    ],
)
def test_networks_that_desire_cannot_train_are_refused(network, words, digits):
    with pytest.raises(UnsupportedError, match=words):
        train(network(), digits, epochs=1)


def _ms(value):
    from neurosim.units import ms

    return value * ms


def test_wrong_arguments_are_named(digits):
    network = load_model("desire_mlp")
    with pytest.raises(UsageError, match="engine 'gpu'"):
        train(network, digits, engine="gpu")
    with pytest.raises(UsageError, match="dtype 'int8'"):
        train(network, digits, dtype="int8")
    with pytest.raises(DataError, match="100 inputs and 10 outputs"):
        train(load_model("desire_mlp", sizes=(100, 10)), digits)


def test_silent_network_gives_no_update(digits):
    network = load_model("desire_mlp", sizes=(64, 10)).with_weights({"image_output": np.zeros((64, 10))})
    chain = chain_of(network)
    shown = present(chain, digits.train_images[:3] / np.float32(16), digits.train_labels[:3], Dropout(), stream(0))
    assert not train_block(chain, shown, 1.0).any()
    assert not chain.weights[0].any()
    assert not emulate(lower(network), 21).counts("output").any()
