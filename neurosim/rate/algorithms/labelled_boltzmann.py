"""Restricted Boltzmann machine whose visible units include labels: the class with the lowest free energy is the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.checks.ranges import Count
from neurosim.rate.activations import Array
from neurosim.rate.algorithms.boltzmann import RBM, RECIPES, VISIBLE
from neurosim.rate.circuit import Circuit
from neurosim.rate.connections import DenseOn
from neurosim.rate.exact import softplus
from neurosim.rate.network import RateNetwork
from neurosim.rate.recipes import AlgorithmEntry
from neurosim.rate.rule import Quantities, RateRule

_LABELS = "label weights"


@dataclass(frozen=True)
class LabelledRBM(RBM):
    """Restricted Boltzmann machine of pixels and labels; it answers with the class of the lowest free energy.

    Parameters
    ----------
    chain, centring, eta, eta_decay
        See `RBM`.
    classes : int
        Number of classes.
    copies : int
        Number of visible units for each class; they are all 1 for the label, and 0 for other classes.
    """

    paper: ClassVar[str] = "Larochelle, Bengio 2008, Discriminative restricted Boltzmann machines, doi:10.1145/1390156.1390224"
    supervised: ClassVar[bool] = True

    classes: Count = 10
    copies: Count = 4

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {**super().rules, _LABELS: self._rule}

    def visible_units(self, circuit: Circuit) -> int:
        return super().visible_units(circuit) + self.classes * self.copies

    def answers(self, network: RateNetwork) -> int:
        return self.classes

    def start(self, circuit: Circuit) -> None:
        super().start(circuit)
        shape = circuit.network.sizes[1], self.classes * self.copies
        drawn = circuit.network.start.draw(circuit.fresh(_LABELS), shape, shape[1], shape[0])
        circuit.state[_LABELS] = [drawn.astype(circuit.dtype)]

    def shown(self, x: Array, t: Array) -> Array:
        return np.concatenate([x, np.repeat(t, self.copies, axis=0)])

    def correlations(
        self, circuit: Circuit, data: tuple[Array, Array], model: tuple[Array, Array]
    ) -> dict[str, list[Quantities]]:
        found = super().correlations(circuit, data, model)
        pixels = circuit.network.sizes[0]
        whole, of_pixels = found[VISIBLE][0].post, found["weights"][0]
        labels = {"v": whole["h"][pixels:], "u": whole["k"][pixels:]}
        on = DenseOn((len(labels["v"]),), (circuit.network.sizes[1],))
        return {**found, _LABELS: [Quantities(labels, of_pixels.post, on)]}

    def hidden_input(self, circuit: Circuit, v: Array) -> Array:
        pixels = circuit.network.sizes[0]
        return super().hidden_input(circuit, v[:pixels]) + circuit.times(circuit.state[_LABELS][0], v[pixels:])

    def visible_input(self, circuit: Circuit, h: Array) -> Array:
        of_labels = circuit.times(circuit.state[_LABELS][0].T, h)
        return np.concatenate([super().visible_input(circuit, h), of_labels])

    def answer(self, circuit: Circuit, x: Array) -> Array:
        """Negative free energies (classes, images) of the image with each label, without the part that all labels share."""
        z, labels = super().hidden_input(circuit, x), circuit.state[_LABELS][0]
        of_class = labels.reshape(len(labels), self.classes, self.copies).sum(axis=2)
        biases = circuit.state[VISIBLE][0][len(x) :].reshape(self.classes, self.copies).sum(axis=1)
        return np.stack([softplus(z + of_class[:, k : k + 1]).sum(axis=0) + biases[k] for k in range(self.classes)])


ENTRIES = (AlgorithmEntry(LabelledRBM, RECIPES, called="labelled_boltzmann"),)
