"""SoftHebb: neurons of a layer compete softly, and the winners move towards the image; no labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from neurosim.checks.ranges import NotNegative, Positive
from neurosim.data import Dataset
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.competition import above_mean, check_no_biases, soft_winners
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork, layered
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.row_rates import RowRates
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import Uniform

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

RULE = "eta * (y * x - y * u * w)"
"""The rule of SoftHebb; in its deep form, y is negative for losers."""


@dataclass(frozen=True)
class SoftHebb(Algorithm):
    """A layer of neurons that share the probability of each image; the weights of a neuron become a part of a mixture model.

    ``y = softmax(tau u)``, ``dw_k = y_k (x - u_k w_k)``: w_k approaches length 1 from both sides. It is made for `RowRates`,
    which cancels eta. A linear read-out of ``relu(u - mean u)`` gives the answer.

    Parameters
    ----------
    tau : float
        Sharpness of the competition. Only tau times the length of the images counts. Too small a value makes all neurons equal,
        without an error; watch `neurosim.rate.competition.mean_cosine`.
    eta : float
        Learning rate, without `RowRates`.
    """

    paper: ClassVar[str] = "Moraitis, Toichkin, Journé, Chua, Guo 2022, SoftHebb, arXiv:2107.05747"
    phases: ClassVar[tuple[Phase, ...]] = (Phase("up", "the image is shown, neurons compete, and weights learn"),)
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False

    tau: Positive = 12.0
    eta: NotNegative = 0.01

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule(RULE, ("x",), ("y", "u"), {"eta": self.eta})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule}

    def check(self, network: RateNetwork) -> None:
        check_no_biases(network, "SoftHebb")
        if len(network.layers) != 1:
            found = len(network.layers)
            raise NetworkError(f"SoftHebb: the network has {found} layers; expected one. DeepSoftHebb learns several.")

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        u = circuit.up(1, x)
        return Taught({"weights": [Quantities({"x": x}, {"y": self.shares(circuit, u), "u": u})]})

    def shares(self, circuit: Circuit, u: Array) -> Array:
        """Share of each neuron in each image, from the inputs u (neurons, images)."""
        circuit.ledger.groups.add("softmax over a layer")
        return soft_winners(u, self.tau)

    def features(self, circuit: Circuit, x: Array) -> Array:
        return above_mean(circuit.up(1, x))

    def spiking(self) -> PlasticityRule:
        return spiking_softhebb()


def spiking_softhebb(eta: float = 0.01, gain: Any = 1.0, period: int = 8) -> PlasticityRule:
    """The rule of SoftHebb for spiking neurons that compete: traces in place of rates, at regular times.

    The signal u is each neuron's input without the inhibition by the others, which a run passes as ``signals={"u": ...}``: at a
    spike of its own, the input of a neuron is the threshold, and would say nothing of the length of its weights. The rate that
    falls with this length has no place in a rule; the term ``- y u w`` alone limits the weights. `gain` is the length of the
    weights at the fixed point, in their unit.
    """
    from neurosim.plasticity.literals import milliseconds
    from neurosim.plasticity.rule import PlasticityRule
    from neurosim.plasticity.traces import broadcast, post, pre

    return PlasticityRule(
        "softhebb",
        traces={"x": pre(milliseconds(20)), "y": post(milliseconds(20))},
        modulators={"u": broadcast()},
        every={period: {"w": "eta * y * (gain * x - u * w)"}},
        parameters={"eta": eta, "gain": gain},
        paper=SoftHebb.paper,
        equation=r"\Delta w = \eta \, y (x - u w)",
    )


def competing(neurons: int, length: float) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of a layer for a recipe, whose weights have about a `length` at the start, which has to be above 1."""
    start = Uniform(0.0, math.sqrt(3) * length)

    def network(data: Dataset, seed: int) -> RateNetwork:
        return layered(data.n_pixels, neurons, output="linear", loss=SQUARED, bias=False, start=start, seed=seed)

    return network


_MNIST = RateRecipe(competing(2000, 35.0), optimiser=RowRates((0.045,), 0.2), epochs=1, batch=32)
ENTRIES = (
    AlgorithmEntry(
        SoftHebb,
        {
            "digits": RateRecipe(competing(100, 4.0), optimiser=RowRates((0.05,), 0.2), epochs=5, batch=8),
            "mnist": _MNIST,
            "fashion-mnist": _MNIST,
        },
        called="softhebb",
    ),
)
