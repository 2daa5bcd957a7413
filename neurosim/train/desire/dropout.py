"""Dropout: neurons that are silent for a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.checks.described import Described
from neurosim.errors import NetworkError


@dataclass(frozen=True)
class Dropout(Described):
    """Probabilities that a neuron of the input or of a hidden layer is dropped for a sample; the output has no dropout.

    Parameters
    ----------
    input : float
        Probability for the input layer, from 0 to below 1.
    hidden : float
        Probability for each hidden layer, from 0 to below 1.
    """

    in_words: ClassVar[str] = "a Dropout such as neurosim.train.desire.dropout.Dropout(hidden=0.2)"

    input: float = 0.0
    hidden: float = 0.0

    def __post_init__(self) -> None:
        for name in ("input", "hidden"):
            if not 0 <= getattr(self, name) < 1:
                raise NetworkError(f"Dropout.{name} = {getattr(self, name)!r}: expected a probability from 0 up to 1.")

    def of_layer(self, layer: int, layers: int) -> float:
        """Dropout probability of a layer, from 0 (input) to `layers` (output)."""
        return self.input if layer == 0 else self.hidden if layer < layers else 0.0
