"""Which neurons sit out a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.checks.described import Described
from neurosim.errors import NetworkError


@dataclass(frozen=True)
class Dropout(Described):
    """Probability that a neuron sits out a sample, in the input and in hidden layers; never in the output."""

    in_words: ClassVar[str] = "a Dropout such as neurosim.train.desire.dropout.Dropout(hidden=0.2)"

    input: float = 0.0
    hidden: float = 0.0

    def __post_init__(self) -> None:
        for name in ("input", "hidden"):
            if not 0 <= getattr(self, name) < 1:
                raise NetworkError(f"Dropout.{name} = {getattr(self, name)!r}: expected a probability from 0 up to 1.")

    def of_layer(self, layer: int, layers: int) -> float:
        """Probability of layer 0 (input) .. `layers` (output)."""
        return self.input if layer == 0 else self.hidden if layer < layers else 0.0
