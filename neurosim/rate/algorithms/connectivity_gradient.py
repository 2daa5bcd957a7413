"""Boltzmann machine that learns which of its connections exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative, Share
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Taught
from neurosim.rate.algorithms.boltzmann import RBM, RECIPES
from neurosim.rate.circuit import Circuit
from neurosim.rate.recipes import AlgorithmEntry
from neurosim.rate.rule import RateRule

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

STRENGTH, _BEFORE = "weights aux", "weights before"


@dataclass(frozen=True)
class ConnectivityGradient(RBM):
    """Restricted Boltzmann machine in which each connection has a strength ``aux``, and exists while aux is above 1/2.

    The difference of correlations between data and model is computed for all pairs, also for those that are not connected. It
    changes ``w`` where the connection exists, and times w it changes ``aux``: that is the gradient of the likelihood with
    respect to a factor of w, taken at the factor 0 or 1 (neurosim's own form, after the abstract of the paper; how the authors
    drive the strengths is not known here).

    Parameters
    ----------
    chain, centring, eta, eta_decay
        See `RBM`.
    eta_c : float
        Learning rate of the strengths.
    connected : float
        Fraction of the connections that exist at the start. Strengths are drawn uniformly from 0 to 1 around that.
    """

    paper: ClassVar[str] = "de Oliveira, Figueiredo 2022, network connectivity gradient, arXiv:2209.06932"
    host_step: ClassVar[str] = "weights of connections that do not exist are set back"

    eta_c: NotNegative = 0.05
    connected: Share = 0.5

    @cached_property
    def _with_strength(self) -> RateRule:
        aux = "eta_c * (h * v - k * u) * w"
        return RateRule("eta * (h * v - k * u)", ("v", "u"), ("h", "k"), {"eta": self.eta, "eta_c": self.eta_c}, aux)

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {**super().rules, "weights": self._with_strength}

    def start(self, circuit: Circuit) -> None:
        super().start(circuit)
        weights = circuit.weights[0]
        drawn = circuit.fresh(STRENGTH).random(weights.shape) + (self.connected - 0.5)
        circuit.state[STRENGTH] = [drawn.astype(circuit.dtype)]
        circuit.state[_BEFORE] = [weights.copy(), np.zeros_like(weights)]

    def exists(self, circuit: Circuit) -> Array:
        """Which connections (hidden, visible) exist: 1 or 0."""
        return np.asarray(circuit.state[STRENGTH][0] > 0.5, circuit.dtype)

    def used(self, circuit: Circuit) -> Array:
        return circuit.weights[0] * self.exists(circuit)

    def features(self, circuit: Circuit, x: Array) -> Array:
        return self.hidden(circuit, x)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        # What is set back is noted before the strengths change: a new connection begins with the weight that it had.
        before, exists = circuit.state[_BEFORE]
        before[...], exists[...] = circuit.weights[0], self.exists(circuit)
        return super().teach(circuit, x, t)

    def settle(self, circuit: Circuit) -> None:
        # A choice by arithmetic, because copying where a mask says so takes ten times as long.
        weights, (before, existed) = circuit.weights[0], circuit.state[_BEFORE]
        weights *= existed
        weights += before * (1 - existed)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import phase_signed_hebb

        strength = "eta_c * g * x * y * w"
        return phase_signed_hebb("connectivity_gradient", self.eta, self.paper, aux=strength, eta_c=self.eta_c)


ENTRIES = (AlgorithmEntry(ConnectivityGradient, RECIPES, called="connectivity_gradient"),)
