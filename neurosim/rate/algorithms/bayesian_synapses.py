"""Bayesian synapses: each weight has a mean and a variance, and its learning rate is its variance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative, Positive
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.network import Dense, RateNetwork
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.ways_down import Tied, WayDown

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class BayesianSynapses(Algorithm):
    """A Kalman filter at each neuron with one variance per synapse: the more a synapse was used, the less it still changes.

    ``S = noise + sum P x^2`` over the synapses of a neuron and the images; ``dw = -P x d / S`` with the error d, and
    ``dP = drift - P^2 x^2 / S``. For a linear neuron with one synapse this is exact inference. Each neuron has a filter of its
    own; the published filters have sums over all synapses of the network, which are not local.

    Parameters
    ----------
    way_down : WayDown
        What carries errors to lower layers.
    noise : float
        Variance of the target that remains when all weights are known.
    variance : float
        Variance of the weights of a neuron at the start, together.
    drift : float
        Variance that each synapse gains with each mini-batch, so that it goes on learning.
    """

    paper: ClassVar[str] = (
        "Puskorius, Feldkamp 1991, Decoupled extended Kalman filter training, doi:10.1109/IJCNN.1991.155276; "
        "here with one filter per neuron"
    )
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("up", "activity goes up"),
        Phase("down", "errors go down, and means and variances learn"),
    )
    descends: ClassVar[bool] = False

    way_down: WayDown = Tied()
    noise: Positive = 1.0
    variance: Positive = 1.0
    drift: NotNegative = 0.0

    @cached_property
    def _rule(self) -> RateRule:
        spent = "drift - aux * aux * s * x * x"
        return RateRule("-aux * g * x", ("x",), ("g", "s"), {"drift": self.drift}, aux=spent)

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule}

    def check(self, network: RateNetwork) -> None:
        other = [type(layer).__name__ for layer in network.layers if not isinstance(layer, Dense)]
        if other:
            raise NetworkError(f"BayesianSynapses: the network has a layer {other[0]}; expected Dense layers only.")

    def start(self, circuit: Circuit) -> None:
        self.way_down.start(circuit)
        for name in {"weights", "biases"} & set(circuit.state):
            each = [self.variance / w.shape[-1] for w in circuit.weights]
            circuit.state[f"{name} aux"] = [np.full_like(w, p) for w, p in zip(circuit.state[name], each, strict=True)]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        now = circuit.forward(x)
        errors = self.way_down.errors(circuit, now, circuit.error(now.h[-1], t))
        found = [self._quantities(circuit, k, h, d) for k, (h, d) in enumerate(zip(now.h, errors, strict=False))]
        return Taught({"weights": found}, now.h[-1])

    def _quantities(self, circuit: Circuit, k: int, h: Array, d: Array) -> Quantities:
        images = h.shape[1]
        s = self.noise + circuit.state["weights aux"][k] @ np.square(h).sum(axis=1, keepdims=True)
        if "biases aux" in circuit.state:
            s = s + images * circuit.state["biases aux"][k]
        # A rule takes the mean over the images; what they tell adds up.
        share = np.asarray(images / s, d.dtype)
        return Quantities({"x": h}, {"g": d * share, "s": np.broadcast_to(share, d.shape)})

    def spiking(self) -> PlasticityRule:
        return spiking_synapses()


def spiking_synapses(k: float = 0.01, drift: float = 1e-6) -> PlasticityRule:
    """The rule for spiking neurons: S is the constant 1 / k, the error M is a signal of the run, variances are at most 1."""
    from neurosim.plasticity.literals import milliseconds
    from neurosim.plasticity.rule import PlasticityRule
    from neurosim.plasticity.traces import broadcast, pre, synaptic

    return PlasticityRule(
        "bayesian_synapses",
        traces={"x": pre(milliseconds(20)), "aux": synaptic(decay=1, peak=1.0)},
        modulators={"M": broadcast()},
        every={8: {"w": "k * aux * M * x", "aux": "drift - k * aux * aux * x * x"}},
        parameters={"k": k, "drift": drift},
        paper=BayesianSynapses.paper,
        equation=r"\Delta w = P x M / S, \Delta P = q - P^2 x^2 / S",
    )


_DIGITS = RateRecipe(dense(100), {"noise": 1.0}, optimiser=DESCENT, epochs=10, batch=16)
ENTRIES = (AlgorithmEntry(BayesianSynapses, {"digits": _DIGITS}, called="bayesian_synapses"),)
