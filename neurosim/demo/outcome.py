"""Results of the demo as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.analysis.comparison import Comparison
from neurosim.backends.deployment import Deployment
from neurosim.data import Dataset
from neurosim.results.recording import Recording
from neurosim.train.desire.online import strict_hits
from neurosim.train.desire.training import Training


@dataclass(frozen=True)
class Trial:
    """Results for one seed: the training, the deployment, and runs on the test set in float and in integers."""

    training: Training
    deployment: Deployment
    float_run: Recording
    fixed_run: Recording
    labels: Any

    @property
    def counts(self) -> tuple[Any, Any]:
        """Output spike counts on the test set, in float and in fixed-point arithmetic."""
        return self.float_run.counts("output"), self.fixed_run.counts("output")

    @property
    def accuracies(self) -> tuple[float, float]:
        """Strict test accuracy in float and in fixed-point arithmetic."""
        floats, integers = self.counts
        return float(strict_hits(floats, self.labels).mean()), float(strict_hits(integers, self.labels).mean())


@dataclass(frozen=True)
class Demo:
    """All data that the report shows."""

    trials: tuple[Trial, ...]
    dataset: Dataset
    agreement: Comparison
    result: dict[str, Any]
