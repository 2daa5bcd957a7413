"""Contrastive Hebbian learning: the state with the targets clamped at the output, against the free state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Phase
from neurosim.rate.algorithms.equilibrium import Settling, settled, symmetric
from neurosim.rate.circuit import Circuit
from neurosim.rate.optimisers import DESCENT, Adam
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe


@dataclass(frozen=True)
class ContrastiveHebb(Settling):
    """Contrastive Hebbian learning: products of activities with clamped output are added, those of the free state subtracted.

    It is equilibrium propagation with an infinite beta, without the division by it. For finite errors it is not the gradient
    of a loss.

    Parameters
    ----------
    eta : float
        Learning rate.
    free_steps, clamped_steps : int
        Number of steps of the two phases; the clamped one starts from the free state.
    """

    paper: ClassVar[str] = "Movellan 1991, Contrastive Hebbian learning in the continuous Hopfield model"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("free", "the image is shown, and the network settles"),
        Phase("clamped", "the output is held at the targets, and the hidden layers settle"),
    )

    clamped_steps: int = 8

    def __post_init__(self) -> None:
        for name in ("free_steps", "clamped_steps"):
            if getattr(self, name) < 1:
                raise NetworkError(f"ContrastiveHebb.{name} = {getattr(self, name)}; expected a whole number from 1 up.")

    def states(self, circuit: Circuit, drive: Array, free: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        return settled(circuit, drive, [*free[:-1], t], self.clamped_steps, lambda z, s: s), free


_DIGITS = RateRecipe(symmetric(100), optimiser=DESCENT, epochs=30, batch=20)
_MNIST = RateRecipe(symmetric(512), optimiser=Adam(1e-3), epochs=10, batch=50)
ENTRIES = (
    AlgorithmEntry(
        ContrastiveHebb, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="contrastive_hebbian_learning"
    ),
)
