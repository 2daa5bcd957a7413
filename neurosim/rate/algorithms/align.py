"""Errors that go down through the network as it was at the start: Align-ada and Align-zero."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from neurosim.checks.ranges import NotNegative
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from typing_extensions import Self

    from neurosim.plasticity.rule import PlasticityRule

_START = "weights at the start"


@dataclass(frozen=True)
class AlignAda(Algorithm):
    """Align-ada: errors go down through the network as it was at the start, its weights and its slopes.

    A second pass up through the weights of the start sets the slopes. Activities below a weight are those of the present
    network. Align-prop, with the slopes of the present network, is frozen feedback. The three come near to backpropagation
    as layers become wide.

    Parameters
    ----------
    eta : float
        Learning rate.
    fall : float
        Factor by which the learning rate of the weights falls with each epoch.
    """

    paper: ClassVar[str] = "Boopathy, Fiete 2022, How to train your wide neural network without backprop, arXiv:2106.08453"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("up", "activity goes up"),
        Phase("start", "the image is shown to the network as it was at the start"),
        Phase("down", "errors go down through the network of the start, and weights learn"),
    )

    eta: NotNegative = 0.02
    fall: NotNegative = 1.0

    @cached_property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": RateRule("-eta * d0 * h", ("h",), ("d0",), {"eta": self.eta})}

    def start(self, circuit: Circuit) -> None:
        circuit.ledger.transported.add("weights, once")
        circuit.state[_START] = [w.copy() for w in circuit.weights]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        now = circuit.forward(x)
        then = _at_start(circuit).forward(x)
        errors = _down(circuit, then, circuit.error(now.h[-1], t))
        pairs = zip(now.h, then.h, errors, strict=False)
        return Taught({"weights": [Quantities({"h": h, "h0": h0}, {"d0": d0}) for h, h0, d0 in pairs]}, now.h[-1])

    def at(self, epoch: int) -> Self:
        return replace(self, eta=self.eta * self.fall**epoch)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import taught

        return taught("align_ada", self.paper)


@dataclass(frozen=True)
class AlignZero(AlignAda):
    """Align-zero: as Align-ada, and activities below a weight are those of the network as it was at the start.

    Weights change by the gradient that they had at the start, with the error of the present output.
    """

    @cached_property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": RateRule("-eta * d0 * h0", ("h0",), ("d0",), {"eta": self.eta})}

    def spiking(self) -> PlasticityRule:
        from neurosim.errors import UnsupportedError

        raise UnsupportedError(
            "AlignZero has no form for spiking neurons: its factor h0 is the activity of a neuron of the network of the start, "
            "which is not the presynaptic neuron. Align-ada has one."
        )


def _at_start(circuit: Circuit) -> Circuit:
    """The same circuit with the weights of the start, when all biases were 0; it counts its operations in the same ledger."""
    then = copy(circuit)
    then.state = {"weights": circuit.state[_START]}
    return then


def _down(circuit: Circuit, then: Pass, e: Array) -> list[Array]:
    """Errors of all layers, from layer 1 up, through the weights and slopes of the start."""
    found = [e]
    for layer in range(circuit.depth, 1, -1):
        found.append(then.gate(layer - 1, circuit.back(layer, found[-1], circuit.state[_START][layer - 1])))
    return found[::-1]


_RECIPES = {
    "digits": RateRecipe(dense(200, 200), {"eta": 0.005}, epochs=20, batch=16),
    "mnist": RateRecipe(dense(500, 500), {"eta": 0.005}, epochs=10, batch=64),
    "fashion-mnist": RateRecipe(dense(500, 500), {"eta": 0.005}, epochs=10, batch=64),
}
ENTRIES = (
    AlgorithmEntry(AlignAda, _RECIPES, called="align_ada"),
    AlgorithmEntry(AlignZero, _RECIPES, called="align_zero"),
)
