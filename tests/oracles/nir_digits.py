"""Handwritten digits as spikes, for networks that other programs train, and what those programs leave behind."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HERE = Path(__file__).parent
STEPS, HIDDEN, TRAINED = 25, 48, 1437
PARTS = ("train", "test")


def spikes(intensity):
    """Spikes (steps, images, pixels): as many as the intensity, spread evenly."""
    due = np.floor(np.arange(STEPS + 1)[:, None, None] * intensity[None])
    return (np.diff(due, axis=0) > 0).astype(np.float32)


def digits():
    """Spikes and labels of the images for training and for testing."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    parts = np.split(order, [TRAINED])
    return {name: (spikes(data.data[part] / 16), data.target[part]) for name, part in zip(PARTS, parts, strict=True)}


def batches(n, seed):
    """Indices of the images, 64 at a time, in a new order."""
    return np.array_split(np.random.default_rng(seed).permutation(n), n // 64)


def save(name, raster, labels, result, predictions):
    """Write what a program saw and answered beside this file."""
    bits = np.packbits(raster.astype(bool))
    answers = {"result": result.astype(np.float32), "predictions": predictions.astype(np.int8)}
    np.savez_compressed(HERE / f"{name}.npz", bits=bits, shape=raster.shape, labels=labels.astype(np.int8), **answers)
    print(name, "accuracy", float(np.mean(predictions == labels)))
