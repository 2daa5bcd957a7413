"""Errors that go down layer by layer or directly: backpropagation, and feedback alignment in all its kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from neurosim.checks.ranges import NotNegative
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.ways_down import Direct, Frozen, KolenPollack, Random, SignOf, Tied, WayDown

if TYPE_CHECKING:
    from typing_extensions import Self

    from neurosim.plasticity.rule import PlasticityRule

UP, DOWN = Phase("up", "activity goes up"), Phase("down", "errors go down, and weights learn")


@dataclass(frozen=True)
class Layerwise(Algorithm):
    """Each weight changes by the error of its neuron times the activity below; errors come down over a way of some kind.

    Parameters
    ----------
    way_down : WayDown
        What carries errors to lower layers.
    eta : float
        Learning rate.
    fall : float
        Factor by which the learning rate of the weights falls with each epoch.
    """

    paper: ClassVar[str] = "Lillicrap et al. 2020, Backpropagation and the brain, doi:10.1038/s41583-020-0277-3"
    phases: ClassVar[tuple[Phase, ...]] = (UP, DOWN)

    way_down: WayDown = Tied()
    eta: NotNegative = 0.02
    fall: NotNegative = 1.0

    @cached_property
    def _rule(self) -> RateRule:
        decay = getattr(self.way_down, "decay", 0.0)
        text = "-eta * (d * h + decay * w)" if decay else "-eta * d * h"
        return RateRule(text, ("h",), ("d",), {"eta": self.eta, **({"decay": decay} if decay else {})})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule, **self.way_down.rule(self._rule)}

    def start(self, circuit: Circuit) -> None:
        self.way_down.start(circuit)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        now = circuit.forward(x)
        errors = self.way_down.errors(circuit, now, circuit.error(now.h[-1], t))
        of_weights = [Quantities({"h": h}, {"d": d}) for h, d in zip(now.h, errors, strict=False)]
        return Taught({"weights": of_weights, **self.way_down.quantities(of_weights)}, now.h[-1])

    def at(self, epoch: int) -> Self:
        return replace(self, eta=self.eta * self.fall**epoch)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import taught

        return taught("layerwise", self.paper)


def backprop(eta: float = 0.02, fall: float = 1.0) -> Layerwise:
    """Backpropagation: errors go down through the transpose of the weights.

    Rumelhart, Hinton, Williams (1986), doi:10.1038/323533a0.
    """
    return Layerwise(Tied(), eta, fall)


def feedback_alignment(eta: float = 0.02, fall: float = 1.0) -> Layerwise:
    """Feedback alignment: errors go down through random numbers that stay.

    Lillicrap, Cownden, Tweed, Akerman (2016), doi:10.1038/ncomms13276.
    """
    return Layerwise(Random(), eta, fall)


def sign_symmetry(eta: float = 0.02, fall: float = 1.0) -> Layerwise:
    """Sign symmetry: errors go down through the signs of the weights.

    Liao, Leibo, Poggio (2016), arXiv:1510.05067.
    """
    return Layerwise(SignOf(), eta, fall)


def frozen_feedback(eta: float = 0.02, fall: float = 1.0) -> Layerwise:
    """Frozen feedback: errors go down through the weights as they were at the start, as in Align-prop.

    Boopathy, Fiete (2022), arXiv:2106.08453.
    """
    return Layerwise(Frozen(), eta, fall)


def kolen_pollack(eta: float = 0.02, decay: float = 1e-3, fall: float = 1.0) -> Layerwise:
    """Kolen-Pollack: the way down learns by the rule of the weights, and both decay until they are equal.

    Akrout, Wilson, Humphreys, Lillicrap, Tweed (2019), arXiv:1904.05391.
    """
    return Layerwise(KolenPollack(decay), eta, fall)


def direct_feedback_alignment(eta: float = 0.02, fall: float = 1.0) -> Layerwise:
    """Direct feedback alignment: the error of the output goes to each layer through random numbers.

    Nøkland (2016), arXiv:1609.01596.
    """
    return Layerwise(Direct(), eta, fall)


_NOTE = "Results are in experiments/ways_down.py."


def _recipes(digits: tuple[float, float, int], mnist: tuple[float, float]) -> dict[str, RateRecipe]:
    """Recipes with a learning rate, its fall and, for the digits, the number of epochs; chosen on images that were held out."""
    eta, fall, epochs = digits
    large = RateRecipe(dense(500, 500), {"eta": mnist[0], "fall": mnist[1]}, epochs=10, batch=64, note=_NOTE)
    small = RateRecipe(dense(200, 200), {"eta": eta, "fall": fall}, epochs=epochs, batch=16, note=_NOTE)
    return {"digits": small, "mnist": large, "fashion-mnist": large}


_BY_TRANSPOSE = _recipes((0.05, 0.9, 20), (0.05, 0.8))
ENTRIES = (
    AlgorithmEntry(backprop, _BY_TRANSPOSE),
    AlgorithmEntry(kolen_pollack, _BY_TRANSPOSE),
    AlgorithmEntry(sign_symmetry, _BY_TRANSPOSE),
    AlgorithmEntry(frozen_feedback, _recipes((0.02, 0.9, 20), (0.02, 0.9))),
    AlgorithmEntry(feedback_alignment, _recipes((0.01, 0.95, 30), (0.02, 0.9))),
    AlgorithmEntry(direct_feedback_alignment, _recipes((0.02, 0.9, 30), (0.02, 0.9))),
)
