"""A training killed with SIGKILL at random moments loses nothing that was saved, and ends as if nothing had happened."""

import multiprocessing
import time
from dataclasses import replace

import numpy as np

from neurosim.data import load_dataset
from neurosim.models import load_model
from neurosim.train import train
from neurosim.train.desire.loop import CHECKPOINT
from neurosim.train.desire.training import Training

KILLS, EPOCHS = 20, 60


def network():
    return load_model("desire_mlp", sizes=(64, 200, 10))


def run(folder):
    digits = load_dataset("digits")
    few = replace(
        digits,
        train_images=digits.train_images[:300],
        train_labels=digits.train_labels[:300],
        test_images=digits.test_images[:50],
        test_labels=digits.test_labels[:50],
    )
    train(network(), few, epochs=EPOCHS, folder=folder, resume=True, progress=False)


def test_killed_twenty_times(tmp_path):
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["neurosim.train.desire.loop", "neurosim.train.desire.kernels"])
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    child = server.Process(target=run, args=(whole,))
    child.start()
    child.join(300)
    assert child.exitcode == 0
    rng = np.random.default_rng()
    killed = reached = 0
    while killed < KILLS:
        child = server.Process(target=run, args=(parts,))
        child.start()
        _wait_for_progress(child, parts, reached)
        time.sleep(rng.uniform(0, 0.05))
        child.kill()
        child.join()
        killed += child.exitcode == -9
        saved = Training.load(parts / CHECKPOINT, network())
        assert len(saved.history) > reached or child.exitcode == 0
        reached = len(saved.history)
    assert reached < EPOCHS
    child = server.Process(target=run, args=(parts,))
    child.start()
    child.join(300)
    assert child.exitcode == 0
    expected, found = (Training.load(folder / CHECKPOINT, network()) for folder in (whole, parts))
    assert [e.train_accuracy for e in found.history] == [e.train_accuracy for e in expected.history]
    assert len(found.history) == EPOCHS
    for name, weights in expected.weights.items():
        np.testing.assert_array_equal(found.weights[name], weights)


def _wait_for_progress(child, folder, reached):
    """Until one more epoch is saved: what comes after it, saving included, is where the kill falls."""
    path, limit = folder / "metrics.jsonl", time.monotonic() + 120
    while child.is_alive() and time.monotonic() < limit:
        if path.exists() and len(path.read_text().splitlines()) > reached:
            return
        time.sleep(0.002)
