"""Changes that slow down as the weights of a neuron reach length 1, as in SoftHebb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit
from neurosim.rate.optimisers import DESCENT, Changes, Optimiser
from neurosim.rate.rule import RateRule


@dataclass(frozen=True)
class RowRates(Optimiser):
    """The change of a layer is divided by its largest entry; a neuron's rate falls with the distance of its length from 1.

    ``w_k <- w_k + rate |1 - |w_k||^power D_k`` for the weights w_k of neuron k, where D is the change that the rule asks for,
    over its largest size in the layer. The learning rate of the rule cancels. Matrices other than weights change at once.

    Parameters
    ----------
    rates : tuple of float
        Rate of each layer, from the first above the input.
    power : float
        Power of the distance. 0 gives all neurons the same rate.

    Notes
    -----
    Moraitis et al. (2022), SoftHebb, arXiv:2107.05747. The division is not local: it needs the largest change of the layer.
    """

    rates: tuple[float, ...] = (0.045,)
    power: NotNegative = 0.2

    def start(self, circuit: Circuit, names: Mapping[str, RateRule]) -> None:
        if len(self.rates) != circuit.depth:
            raise NetworkError(
                f"RowRates.rates = {self.rates}; expected one rate for each of the {circuit.depth} layers of the network."
            )

    def apply(self, circuit: Circuit, change: Changes) -> None:
        if change.name != "weights":
            DESCENT.apply(circuit, change)
            return
        circuit.ledger.groups |= {"largest change of a layer", "length of the weights of each neuron"}
        w, found = circuit.weights[change.layer], change.computed(circuit)["w"]
        peak = max(float(found.max()), -float(found.min()))
        if peak > 0:
            rates = self.rates[change.layer] * np.abs(1 - lengths(w)) ** self.power
            found *= np.asarray(rates / peak, w.dtype)[..., None]
            w += found


def lengths(w: Array) -> Array:
    """Length of the weights of each neuron."""
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", w, w)))
