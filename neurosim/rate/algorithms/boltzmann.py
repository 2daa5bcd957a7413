"""Restricted Boltzmann machines: weights learn from the data's correlations minus those of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array, sigmoid
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.centring import UNCENTRED, Centring
from neurosim.rate.chains import Chain, FromData, Persistent, sampled
from neurosim.rate.circuit import Circuit
from neurosim.rate.connections import DenseOn
from neurosim.rate.exact import RestrictedMachine
from neurosim.rate.network import Dense, RateNetwork
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, binary
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

VISIBLE = "visible biases"


@dataclass(frozen=True)
class RBM(Algorithm):
    """Restricted Boltzmann machine of binary units, whose weights are those of a network with one layer of logistic units.

    ``dW = eta (<h v> of the data - <k u> of the model)``: v is an image whose grey values were taken as probabilities, u the
    end of a chain of the model; h and k are the probabilities of the hidden units for both. All biases learn by the same rule.

    Parameters
    ----------
    chain : Chain
        Where the chain of the model starts, and for how many steps it runs: `FromData` (CD), `Persistent` (PCD) or `FromNoise`.
    centring : Centring
        What is subtracted from all activities: nothing, or the means over the data.
    eta : float
        Learning rate.
    eta_decay : float
        The learning rate is ``eta exp(-eta_decay e)`` in epoch e.
    """

    paper: ClassVar[str] = "Hinton 2002, Training products of experts, doi:10.1162/089976602760128018"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("data", "visible units are clamped to the image"),
        Phase("model", "a chain draws hidden and visible units in turn"),
    )
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False

    chain: Chain = FromData()
    centring: Centring = UNCENTRED
    eta: NotNegative = 0.05
    eta_decay: NotNegative = 0.0

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule("eta * (h * v - k * u)", ("v", "u"), ("h", "k"), {"eta": self.eta})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return dict.fromkeys(("weights", "biases", VISIBLE), self._rule)

    def at(self, epoch: int) -> RBM:
        return replace(self, eta=self.eta * math.exp(-self.eta_decay * epoch))

    def check(self, network: RateNetwork) -> None:
        layer = network.layers[0]
        if len(network.layers) != 1 or not isinstance(layer, Dense) or layer.activation != "logistic" or not network.bias:
            raise NetworkError(
                f"{type(self).__name__}: found {len(network.layers)} layers, the first a {type(layer).__name__} layer of "
                f"{layer.activation} units; expected one Dense layer of logistic units with biases, as in "
                "layered(64, 100, output='logistic')."
            )

    def start(self, circuit: Circuit) -> None:
        visible = self.visible_units(circuit)
        circuit.state[VISIBLE] = [np.zeros((visible, 1), circuit.dtype)]
        self.chain.start(circuit, visible)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        rng = circuit.rng("Gibbs")
        v = sampled(self.shown(x, t), rng)
        h = self.hidden(circuit, v)
        u = self.chain.begin(circuit, v)
        for _ in range(self.chain.steps):
            u = sampled(self.visible(circuit, sampled(self.hidden(circuit, u), rng)), rng)
        self.chain.end(circuit, u)
        return Taught(self.correlations(circuit, (v, h), (u, self.hidden(circuit, u))))

    def correlations(
        self, circuit: Circuit, data: tuple[Array, Array], model: tuple[Array, Array]
    ) -> dict[str, list[Quantities]]:
        """Quantities of all matrices, from visible states and hidden probabilities under the data and under the model."""
        mean_v, mean_h = (self.centring.mean(circuit, a) for a in data)
        (v, h), (u, k) = ((a - mean_v, b - mean_h) for a, b in (data, model))
        pixels = circuit.network.sizes[0]
        # A bias is a weight from a unit that is always 1; centring moves it with the weights, so that the model stays the same.
        below = {"v": 1 - mean_v.T @ v, "u": 1 - mean_v.T @ u}
        above = {"v": 1 - mean_h.T @ h, "u": 1 - mean_h.T @ k}
        one = (1,)
        return {
            "weights": [Quantities({"v": v[:pixels], "u": u[:pixels]}, {"h": h, "k": k})],
            "biases": [Quantities(below, {"h": h, "k": k}, DenseOn(one, (len(h),)))],
            VISIBLE: [Quantities(above, {"h": v, "k": u}, DenseOn(one, (len(v),)))],
        }

    def shown(self, x: Array, t: Array) -> Array:
        """What the visible units are clamped to."""
        return x

    def visible_units(self, circuit: Circuit) -> int:
        """Number of visible units."""
        return circuit.network.sizes[0]

    def used(self, circuit: Circuit) -> Array:
        """Weights (hidden, pixels) through which activity goes both ways."""
        return circuit.weights[0]

    def hidden_input(self, circuit: Circuit, v: Array) -> Array:
        """Inputs of the hidden units, with their biases, for visible states."""
        return circuit.up(1, v, self.used(circuit))

    def visible_input(self, circuit: Circuit, h: Array) -> Array:
        """Inputs of the visible units, without their biases, for hidden states."""
        circuit.ledger.transported.add("weights")
        return circuit.back(1, h, self.used(circuit))

    def hidden(self, circuit: Circuit, v: Array) -> Array:
        """Probabilities of the hidden units for visible states."""
        return circuit.active(1, self.hidden_input(circuit, v))

    def visible(self, circuit: Circuit, h: Array) -> Array:
        """Probabilities of the visible units for hidden states."""
        return sigmoid(self.visible_input(circuit, h) + circuit.state[VISIBLE][0])

    def features(self, circuit: Circuit, x: Array) -> Array:
        return circuit.forward(x).h[-1]

    def machine(self, circuit: Circuit) -> RestrictedMachine:
        """The machine over pixels and hidden units in float64, for exact likelihoods."""
        arrays = (self.used(circuit), circuit.state[VISIBLE][0], circuit.state["biases"][0])
        return RestrictedMachine(*(a.astype(np.float64) for a in arrays))

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import phase_signed_hebb

        return phase_signed_hebb("rbm", self.eta, self.paper)


def contrastive_divergence(steps: int = 1, eta: float = 0.05, eta_decay: float = 0.0, centring: Centring = UNCENTRED) -> RBM:
    """Restricted Boltzmann machine that learns by contrastive divergence (CD-k): chains start at the data.

    Parameters
    ----------
    steps : int
        Number k of Gibbs steps for each mini-batch.
    eta, eta_decay, centring
        See `RBM`.
    """
    return RBM(FromData(steps), centring, eta, eta_decay)


def persistent_contrastive_divergence(
    steps: int = 1, chains: int = 100, eta: float = 0.05, eta_decay: float = 0.0, centring: Centring = UNCENTRED
) -> RBM:
    """Restricted Boltzmann machine that learns by persistent contrastive divergence (PCD-k): chains go on where they ended.

    Parameters
    ----------
    steps : int
        Number k of Gibbs steps for each mini-batch.
    chains : int
        Number of chains.
    eta, eta_decay, centring
        See `RBM`.
    """
    return RBM(Persistent(steps, chains), centring, eta, eta_decay)


RECIPES = {
    "digits": RateRecipe(binary(100), optimiser=DESCENT, epochs=40, batch=20),
    "mnist": RateRecipe(binary(500), optimiser=DESCENT, epochs=5, batch=20),
    "fashion-mnist": RateRecipe(binary(500), optimiser=DESCENT, epochs=5, batch=20),
}
ENTRIES = tuple(AlgorithmEntry(make, RECIPES) for make in (contrastive_divergence, persistent_contrastive_divergence))
