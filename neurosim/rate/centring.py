"""What is subtracted from the activities of a Boltzmann machine before their correlations are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.checks.described import Described
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit


@dataclass(frozen=True)
class Centring(Described):
    """Base of the kinds of centring."""

    def mean(self, circuit: Circuit, of_data: Array) -> Array:
        """What is subtracted from activities whose values for the data are `of_data` (units, images): (units, 1)."""
        raise NotImplementedError(f"{type(self).__name__} does not say what is subtracted.")


@dataclass(frozen=True)
class Uncentred(Centring):
    """Nothing is subtracted, as in the first form of contrastive divergence."""

    def mean(self, circuit: Circuit, of_data: Array) -> Array:
        return np.zeros((len(of_data), 1), of_data.dtype)


UNCENTRED = Uncentred()


@dataclass(frozen=True)
class Centred(Centring):
    """The means over the data of the mini-batch are subtracted (Melchior, Fischer, Wiskott 2016, arXiv:1311.1354).

    Weights then learn from covariances, and biases follow them, so that the model is the same at a change of the means. This
    needs a sum over all units of the other layer.
    """

    def mean(self, circuit: Circuit, of_data: Array) -> Array:
        circuit.ledger.groups.add("sum over a layer, for centred biases")
        return np.asarray(of_data.mean(axis=1, keepdims=True))
