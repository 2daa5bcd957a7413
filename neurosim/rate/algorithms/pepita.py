"""PEPITA: the error changes the input of a second forward pass, and weights learn from the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative, Part
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import HeUniform

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

_WAY_IN = "way in"


@dataclass(frozen=True)
class Pepita(Algorithm):
    """The error of the output is projected onto the input; weights learn from how activity differs between two passes.

    ``dW_l = -eta (h_l - q_l) q_{l-1}^T`` with h from the first pass and q from the second, whose input is ``x + F e``. The
    output learns from ``q_L - t``. No error travels down through the network.

    Parameters
    ----------
    eta : float
        Learning rate.
    way_in : float
        Scale of F, whose entries are uniform within ``way_in sqrt(6 / inputs)``. Larger ones learn faster at first and then
        destroy what was learned.
    keep : float
        Probability with which a hidden neuron takes part in a mini-batch, in both passes.
    drops : tuple of int
        Epochs at which the learning rate falls to a tenth.
    """

    paper: ClassVar[str] = "Dellaferrera, Kreiman 2022, Error-driven input modulation, ICML, arXiv:2201.11665"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("plain", "the image is shown"),
        Phase("modulated", "the image is shown again, changed by the error"),
    )

    eta: NotNegative = 0.1
    way_in: NotNegative = 0.05
    keep: Part = 0.9
    drops: tuple[int, ...] = ()

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule("-eta * (h1 - h2) * x2", ("x2",), ("h1", "h2"), {"eta": self.eta})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule}

    def start(self, circuit: Circuit) -> None:
        outputs, inputs = circuit.network.sizes[-1], circuit.network.sizes[0]
        bound = self.way_in * math.sqrt(6 / inputs)
        drawn = circuit.fresh(_WAY_IN).uniform(-bound, bound, (inputs, outputs))
        circuit.state[_WAY_IN] = [drawn.astype(circuit.dtype)]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        masks = self._masks(circuit, x.shape[1])
        first = circuit.forward(x, masks).h
        e = first[-1] - t
        second = circuit.forward(x + circuit.times(circuit.state[_WAY_IN][0], e), masks).h
        # At the output, the second pass is compared with the target.
        pairs = zip((*first[1:-1], second[-1]), (*second[1:-1], t), second, strict=False)
        quantities = [Quantities({"x2": below}, {"h1": one, "h2": other}) for one, other, below in pairs]
        return Taught({"weights": quantities}, first[-1])

    def at(self, epoch: int) -> Pepita:
        return replace(self, eta=self.eta * 0.1 ** sum(epoch >= drop for drop in self.drops))

    def spiking(self) -> PlasticityRule:
        from neurosim.plasticity.rule import PlasticityRule
        from neurosim.plasticity.traces import post_modulator, pre
        from neurosim.units import as_quantity

        return PlasticityRule(
            name="pepita",
            traces={"x": pre(as_quantity(0.02, "second"))},
            modulators={"D": post_modulator("difference", peak=16)},
            every={1: {"w": "-eta * D * x"}},
            parameters={"eta": 2**-7},
            paper=self.paper,
            equation=r"\Delta w = -\eta \, (n_1 - n_2) \, x_2",
        )

    def _masks(self, circuit: Circuit, images: int) -> list[Array]:
        """Factor of each hidden neuron, 0 or 1 / keep; the same in both passes, or their difference would be that of masks."""
        if self.keep == 1:
            return []
        rng = circuit.rng("dropout")
        sizes = circuit.network.sizes[1:-1]
        return [np.asarray(rng.random((n, images), np.float32) < self.keep, circuit.dtype) * (1 / self.keep) for n in sizes]


_MNIST = RateRecipe(dense(1024, bias=False, start=HeUniform()), {"drops": (12, 18)}, epochs=20, batch=64)
ENTRIES = (
    AlgorithmEntry(
        Pepita,
        {
            "digits": RateRecipe(dense(256, bias=False, start=HeUniform()), {"drops": (60, 90)}, epochs=100, batch=16),
            "mnist": _MNIST,
            "fashion-mnist": _MNIST,
        },
        called="pepita",
    ),
)
