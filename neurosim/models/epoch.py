"""Results of one pass over the training data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """Results of one pass over the training data; accuracies are strict (a tie is an error)."""

    epoch: int
    eta: float
    train_accuracy: float
    test_accuracy: float
    test_argmax: float
    seconds: float
    cpu_seconds: float = float("nan")
    """CPU time of all threads, including evaluation; NaN in older files."""
    feedback_angle: float = float("nan")
    """Angle in degrees between the feedback and the weights after the epoch; NaN in older files."""
