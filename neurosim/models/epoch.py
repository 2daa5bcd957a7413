"""Figures of one pass over the training data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """Figures of one pass over the training data; accuracies are strict (a tie is an error)."""

    epoch: int
    eta: float
    train_accuracy: float
    test_accuracy: float
    test_argmax: float
    seconds: float
    cpu_seconds: float = float("nan")
    """Of all threads, evaluation included; not known of older files."""
    feedback_angle: float = float("nan")
    """Degrees between the feedback and the weights after the epoch; not known of older files."""
