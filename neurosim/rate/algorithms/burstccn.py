"""BurstCCN: bursts carry the error down while events go up, in one phase."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.algorithms.burstccn_feedback import BurstFeedback, RandomFeedback
from neurosim.rate.circuit import Circuit
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork, layered
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import GlorotNormal

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule


def bursting(*sizes: int, **settings: Any) -> RateNetwork:
    """Network of dense layers for BurstCCN: logistic neurons, the squared error, and the start of the weights of the authors.

    Parameters
    ----------
    *sizes : int
        Number of neurons of each layer, beginning with the input.
    **settings
        Further arguments of `RateNetwork`.
    """
    return layered(*sizes, hidden="logistic", output="logistic", **{"loss": SQUARED, "start": GlorotNormal(3.6), **settings})


@dataclass(frozen=True)
class BurstCCN(Algorithm):
    """Bursting cortico-cortical network: a single phase in which events go up and bursts go down.

    Event rates e are the activities of the network. At the output the teacher sets the burst probability
    ``p_L = p_b (1 + teaching (t - e_L)(1 - e_L))``. Bursts ``b = p e`` and events go down to the dendrites,
    ``u_l = Y_l b_{l+1} - Q_l e_{l+1}``, which set ``p_l = sigma(logit(p_b) + u_l g(e_l) / (p_b (1 - p_b)))``. Here g is the
    slope of the activation over the activity: ``1 - e`` for logistic neurons, and ``1 / e`` for active relu neurons. With the
    burst rates beyond the baseline, ``x = (p - p_b) e``, changes are means over the mini-batch: ``dW_l = eta x_l e_{l-1}^T``,
    the same for the biases with 1 in place of e_{l-1}, ``dQ_l = eta_q u_l e_{l+1}^T`` and ``dY_l = -eta_y u_l e_{l+1}^T``.

    Y and Q have the kind of connection of the weights, such as a convolution: a dendrite receives from the neurons to which its
    soma sends.

    Parameters
    ----------
    eta : float
        Learning rate of weights and biases.
    eta_q, eta_y : float
        Learning rates of Q and Y, if the feedback learns them.
    p_baseline : float
        Burst probability p_b at which weights do not change, above 0 and at most 0.5.
    feedback : BurstFeedback
        Y and Q at the start, and whether they learn.
    teaching : float
        Amplitude of the teacher, above 0 and at most 1. For small amplitudes, learning approaches backpropagation.
    weight_decay : float
        Fraction by which the weights shrink with each mini-batch; biases do not shrink.
    eta_decay : float
        Fraction by which eta, eta_q, eta_y and weight_decay shrink with each epoch.

    Raises
    ------
    NetworkError
        If a parameter is out of its range, or the network has other neurons or not the squared error.

    Notes
    -----
    Greedy, Zhu, Pemberton, Mellor, Costa (2022), Single-phase deep learning in cortico-cortical networks, NeurIPS 35,
    arXiv:2206.11769. In the paper, p_b is 0.5 in hidden layers. The offset and the slope for other values are additions of
    neurosim; they keep ``p_l = p_b + u_l g(e_l)`` for small u. `teaching`, `eta_decay`, relu neurons and the form of
    convolutions are additions as well.
    """

    paper: ClassVar[str] = "Greedy et al. 2022, Single-phase deep learning in cortico-cortical networks, arXiv:2206.11769"
    phases: ClassVar[tuple[Phase, ...]] = (Phase("taught", "events go up, bursts and events go down, and weights learn"),)

    eta: float = 0.3
    eta_q: float = 7.31e-4
    p_baseline: float = 0.5
    feedback: BurstFeedback = RandomFeedback()  # noqa: RUF009
    eta_y: float = 0.0
    teaching: float = 1.0
    weight_decay: float = 0.0
    eta_decay: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high, included) in _RANGES.items():
            value = getattr(self, name)
            if not (low <= value <= high and (included or value > low)):
                raise NetworkError(f"BurstCCN.{name} = {value!r}: expected a finite number {_range(low, high, included)}.")

    @cached_property
    def _rules(self) -> Mapping[str, RateRule]:
        of_biases = RateRule("eta * x * e", ("e",), ("x",), {"eta": self.eta})
        numbers = {"eta": self.eta, "weight_decay": self.weight_decay}
        of_weights = RateRule("eta * x * e - weight_decay * w", ("e",), ("x",), numbers)
        return {"weights": of_weights, "biases": of_biases, **self.feedback.rules(self.eta_q, self.eta_y, self.p_baseline)}

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return self._rules

    def check(self, network: RateNetwork) -> None:
        *hidden, output = network.activations
        others = [f"layer {k} is {f.name}" for k, f in enumerate(hidden, 1) if f.relative is None]
        if output.name != "logistic":
            others.append(f"the output is {output.name}")
        if network.loss.name != SQUARED.name:
            others.append(f"the loss is {network.loss.name!r}")
        if others:
            raise NetworkError(
                f"BurstCCN: {others[0]}; expected logistic or relu layers, a logistic output and the loss SQUARED, as "
                "`bursting(784, 500, 10)` makes them."
            )

    def start(self, circuit: Circuit) -> None:
        self.feedback.start(circuit)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        now = circuit.forward(x)
        excess, dendrites = [self._taught(now.h[-1], t)], []
        for layer in range(circuit.depth, 1, -1):
            dendrites.append(self.feedback.down(circuit, layer, excess[-1], now.neurons(layer)))
            u, relative = now.spread(layer - 1, dendrites[-1]), circuit.network.activations[layer - 2].relative
            assert relative is not None  # as `check` found
            excess.append(self._hidden(now.neurons(layer - 1), u, relative))
        of_weights = [Quantities({"e": e}, {"x": x}) for e, x in zip(now.h, reversed(excess), strict=False)]
        events = [now.neurons(layer) for layer in range(circuit.depth, 1, -1)]
        ways = [Quantities({"u": u}, {"e": e}) for u, e in zip(dendrites, events, strict=True)]
        return Taught({"weights": of_weights, **self.feedback.quantities(ways[::-1])}, now.h[-1])

    def at(self, epoch: int) -> BurstCCN:
        # All rates shrink together: a weight decay, or a Q, at the old rate would undo the small changes of the weights.
        left = (1 - self.eta_decay) ** epoch
        return replace(self, **{name: left * getattr(self, name) for name in ("eta", "eta_q", "eta_y", "weight_decay")})

    def spiking(self) -> PlasticityRule:
        from neurosim.plasticity.burstccn_w import burstccn_w

        return burstccn_w(p_b=self.p_baseline)

    def described(self) -> dict[str, Any]:
        return {**super().described(), "feedback": self.feedback.described()}

    def _taught(self, e: Array, t: Array) -> Array:
        """Burst rates of the output beyond the baseline, ``p_b teaching (t - e) (1 - e) e``."""
        x = np.subtract(1.0, e)
        x *= e
        x *= self.p_baseline * self.teaching
        x *= t - e
        return x

    def _hidden(self, e: Array, u: Array, relative: Callable[[Array], Array]) -> Array:
        """Burst rates of a hidden layer beyond the baseline, ``(p - p_b) e``.

        Here ``p = sigma(logit(p_b) + z)`` and ``z = u g / (p_b (1 - p_b))``. With ``h = tanh(z / 2)`` the result equals
        ``2 p_b (1 - p_b) h e / (1 + (2 p_b - 1) h)``, which needs no small difference of large numbers and cannot overflow.
        """
        p_b = self.p_baseline
        x = relative(e)
        x *= u
        x *= 0.5 / (p_b * (1 - p_b))
        np.tanh(x, out=x)
        # For p_b = 1/2 the denominator is 1.
        if p_b != 0.5:
            x /= x * (2 * p_b - 1) + 1.0
        x *= 2 * p_b * (1 - p_b)
        x *= e
        return x


_RANGES = {
    "eta": (0.0, math.inf, False),
    "eta_q": (0.0, math.inf, True),
    "p_baseline": (0.0, 0.5, False),
    "eta_y": (0.0, math.inf, True),
    "teaching": (0.0, 1.0, False),
    "weight_decay": (0.0, 1.0, True),
    "eta_decay": (0.0, 0.5, True),
}
"""Lowest and highest value of each parameter, and whether the lowest value is allowed."""


def _range(low: float, high: float, included: bool) -> str:
    start = f"from {low:g}" if included else f"above {low:g}"
    return start + (" up" if math.isinf(high) else f" to {high:g}")


def _between(*hidden: int) -> Any:
    return lambda data, seed: bursting(data.n_pixels, *hidden, data.n_classes, seed=seed)


ENTRIES = (
    AlgorithmEntry(
        BurstCCN,
        {
            "digits": RateRecipe(_between(60, 40), {"eta": 10.0}, DESCENT, epochs=20, batch=32),
            "mnist": RateRecipe(_between(500, 500, 500), {"feedback": RandomFeedback(1.0)}, DESCENT, epochs=2, batch=32),
        },
        called="burstccn",
    ),
)
