"""``neurosim train --on-chip``, killed with SIGKILL again and again, ends as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np

from neurosim.train.desire.training import Training
from neurosim.train.in_run.checkpoint import CHECKPOINT

KILLS, EPOCHS = 3, 10
LINE = ["-m", "neurosim", "train", "desire_chip", "--on-chip", "--set", "sizes=(64, 100, 10)", "--set", "seed=2"]


def command(folder, *more):
    words = [sys.executable, *LINE, "--epochs", str(EPOCHS), "--eta-decay", "0.3", "--out", str(folder), *more]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finished(child):
    _, said = child.communicate(timeout=600)
    assert child.returncode == 0, said


def written(path):
    return os.stat(path).st_mtime_ns if path.exists() else 0


def test_killed_three_times(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    finished(command(whole))
    killed = 0
    for _ in range(KILLS):
        before, child, limit = written(parts / CHECKPOINT), command(parts, "--resume"), time.monotonic() + 300
        while child.poll() is None and written(parts / CHECKPOINT) == before and time.monotonic() < limit:
            time.sleep(0.002)
        child.kill()
        child.communicate()
        killed += child.returncode == -9
    assert killed and not (parts / "training.h5").exists(), "it was killed before its end"
    finished(command(parts, "--resume"))
    found, expected = (Training.load(folder / "training.h5") for folder in (parts, whole))
    assert [e.train_accuracy for e in found.history] == [e.train_accuracy for e in expected.history]
    assert [e.test_accuracy for e in found.history] == [e.test_accuracy for e in expected.history]
    assert len(found.history) == EPOCHS
    for name, weights in expected.weights.items():
        np.testing.assert_array_equal(found.weights[name], weights)
