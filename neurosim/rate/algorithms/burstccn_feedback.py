"""Ways down of BurstCCN: bursts reach dendrites through Y, and events through Q.

Without a teacher, p is p_b everywhere and the input of a dendrite should be zero, ``Y b - Q e = 0``. Therefore Q starts as
``p_b Y``. The state contains the imbalance ``D = p_b Y - Q`` in place of Q: ``Y b - Q e`` is a small difference of large sums
that float32 cannot represent precisely, and ``Y (p - p_b) e + D e`` is equal and avoids this.

Both have the shape of the weights of the layer that they start from, as all ways down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit
from neurosim.rate.rule import Quantities, RateRule

Y, IMBALANCE = "Y", "imbalance"
"""Names in the state; the first array of each is not used, so that indices are those of the weights."""


@dataclass(frozen=True)
class BurstFeedback(Described):
    """Base of the ways down of BurstCCN.

    Parameters
    ----------
    scale : float
        Standard deviation of Y if it is random, or its ratio to the weights if it comes from them.

    Attributes
    ----------
    transports : str
        What is carried from the weights to the ways down, and when; "" for nothing.
    """

    transports: ClassVar[str] = ""
    in_words: ClassVar[str] = "an object such as RandomFeedback(), TiedFeedback() or SymmetricStart()"

    scale: float = 0.5

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise NetworkError(f"{type(self).__name__}.scale = {self.scale!r}: expected a finite number above 0.")

    def start(self, circuit: Circuit) -> None:
        """Add Y and the imbalance to the state."""
        none = np.zeros_like(circuit.weights[0][:0])
        # Each row of the transpose belongs to a dendrite; this order in memory is the one in which BLAS adds its changes.
        y = [np.asfortranarray(self.drawn(circuit, layer), circuit.dtype) for layer in range(2, circuit.depth + 1)]
        circuit.state[Y] = [none, *y]
        circuit.state[IMBALANCE] = [none, *(np.zeros_like(m) for m in y)]

    def drawn(self, circuit: Circuit, layer: int) -> Array:
        """Y from a layer at the start, of the shape of its weights."""
        raise NotImplementedError(f"{type(self).__name__} does not define Y at the start.")

    def down(self, circuit: Circuit, layer: int, excess: Array, events: Array) -> Array:
        """Potentials of the dendrites below a layer, from the burst rates beyond the baseline and the events of its neurons."""
        u = circuit.back(layer, excess, circuit.state[Y][layer - 1])
        u += circuit.back(layer, events, circuit.state[IMBALANCE][layer - 1])
        return u

    def ways_down(self, circuit: Circuit, p_baseline: float) -> tuple[list[Array], list[Array]]:
        """Y and Q of all layers from the second up."""
        y = circuit.state[Y][1:]
        return y, [p_baseline * m - d for m, d in zip(y, circuit.state[IMBALANCE][1:], strict=True)]

    def rules(self, eta_q: float, eta_y: float, p_baseline: float) -> Mapping[str, RateRule]:
        """Rules of Y and of the imbalance, whose change is that of ``p_b Y - Q``."""
        of_y = RateRule("-eta_y * u * e", ("u",), ("e",), {"eta_y": eta_y})
        of_imbalance = RateRule("-eta_d * u * e", ("u",), ("e",), {"eta_d": eta_q + p_baseline * eta_y})
        return {Y: of_y, IMBALANCE: of_imbalance}

    def quantities(self, ways: Sequence[Quantities]) -> Mapping[str, Sequence[Quantities | None]]:
        """Quantities of these rules: dendrites u of the layer below, and events e of each layer from the second up."""
        return {Y: [None, *ways], IMBALANCE: [None, *ways]}

    def described(self) -> dict[str, Any]:
        """Kind and parameters, for the settings of a training."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class RandomFeedback(BurstFeedback):
    """Random feedback: Y starts normal with standard deviation `scale`, and Q as p_b Y; both learn."""

    def drawn(self, circuit: Circuit, layer: int) -> Array:
        shape = circuit.weights[layer - 1].shape[::-1]
        return self.scale * circuit.fresh("Y", layer - 1).standard_normal(shape).T


@dataclass(frozen=True)
class SymmetricStart(BurstFeedback):
    """Symmetric at the start: Y starts as `scale` times the weights, and Q as p_b Y; both learn."""

    transports: ClassVar[str] = "weights, once"

    def drawn(self, circuit: Circuit, layer: int) -> Array:
        circuit.ledger.transported.add(self.transports)
        return np.asarray(self.scale * circuit.weights[layer - 1])


@dataclass(frozen=True)
class TiedFeedback(BurstFeedback):
    """Tied feedback: at all times, Y is `scale` times the weights, and Q is p_b Y, so that the imbalance is 0."""

    transports: ClassVar[str] = "weights, always"

    scale: float = 1.0

    def start(self, circuit: Circuit) -> None:
        """Add nothing, because Y comes from the weights."""

    def down(self, circuit: Circuit, layer: int, excess: Array, events: Array) -> Array:
        u = circuit.back(layer, excess)
        u *= self.scale
        return u

    def ways_down(self, circuit: Circuit, p_baseline: float) -> tuple[list[Array], list[Array]]:
        y = [self.scale * w for w in circuit.weights[1:]]
        return y, [p_baseline * m for m in y]

    def rules(self, eta_q: float, eta_y: float, p_baseline: float) -> Mapping[str, RateRule]:
        return {}

    def quantities(self, ways: Sequence[Quantities]) -> Mapping[str, Sequence[Quantities | None]]:
        return {}
