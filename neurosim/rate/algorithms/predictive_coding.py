"""Predictive coding in three forms: values settle between predictions and targets, and weights learn from errors that remain.

All forms share one convention. Layer l has values v and predictions ``p_l = f(W_l v_{l-1})``. The error is
``eps_l = p_l - v_l``, and dLoss/dp at the output, so that every error has the sign of a gradient. A value moves by
``rate (eps_l - W_{l+1}^T e_{l+1})`` with ``e_l = eps_l f'``, and weights change by ``-eta <e_l v_{l-1}>``. Values start at the
forward pass. The weights change after the values have settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.optimisers import Adam
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import HeNormal

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class Inferred:
    """Settled state of a mini-batch.

    Attributes
    ----------
    values : list of array (neurons, images)
        What each hidden layer sends to the next one, beginning with the input.
    errors : list of array (neurons, images)
        Errors e at the input of each layer, from layer 1 up.
    answer : array (classes, images)
        Output before the targets were shown.
    """

    values: list[Array]
    errors: list[Array]
    answer: Array


@dataclass(frozen=True)
class PredictiveCoding(Algorithm):
    """Base of the forms of predictive coding; `inferred` settles the values.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    """

    paper: ClassVar[str] = "Rosenbaum 2022, Predictive coding and backpropagation, doi:10.1371/journal.pone.0266102"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("up", "values start at the forward pass"),
        Phase("settle", "targets are shown, values and errors settle, and weights learn at the end"),
    )

    eta: NotNegative = 0.02

    @property
    def gain(self) -> float:
        """Factor of all errors, by which the learning rate is divided."""
        return 1.0

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule("-eta * e * v", ("v",), ("e",), {"eta": self.eta / self.gain})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule}

    def inferred(self, circuit: Circuit, x: Array, t: Array) -> Inferred:
        """Values and errors for images x and targets t."""
        raise NotImplementedError(f"{type(self).__name__} does not say how values settle.")

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        found = self.inferred(circuit, x, t)
        pairs = zip(found.values, found.errors, strict=True)
        return Taught({"weights": [Quantities({"v": v}, {"e": e}) for v, e in pairs]}, found.answer)

    def spiking(self) -> PlasticityRule:
        """The delta rule; its error M is what an `ErrorPair` sends, the value minus the prediction."""
        from neurosim.plasticity.delta import delta

        return delta(eta=self.eta)


@dataclass(frozen=True)
class ExactCoding(PredictiveCoding):
    """Exact predictive coding: one sweep from the output down, in which each layer takes over the error that comes down to it.

    With fixed predictions and a rate of 1, a value moves at once to where its error is the error from above. Each layer does so
    after the layer above it, and all changes are those of backpropagation (Song, Lukasiewicz, Xu, Bogacz 2020, NeurIPS 33).
    """

    def inferred(self, circuit: Circuit, x: Array, t: Array) -> Inferred:
        now = circuit.forward(x)
        errors = [circuit.error(now.h[-1], t)]
        for layer in range(circuit.depth - 1, 0, -1):
            errors.append(now.gate(layer, circuit.back(layer + 1, errors[-1])))
        return Inferred(now.h[:-1], errors[::-1], now.h[-1])


@dataclass(frozen=True)
class FixedCoding(PredictiveCoding):
    """Predictive coding with predictions that stay those of the forward pass.

    The directions of all changes are those of backpropagation, but after n steps the change of the layer d layers below the
    output has P(Binomial(n - 1, rate) >= d) times the length. With a rate of 1 and as many steps as layers it is
    backpropagation.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    steps : int, optional
        Number of times that errors are computed; values move between two of them. As many as there are layers if left out.
    rate : float
        Part of the way that an error moves in a step, above 0 up to 1.
    """

    paper: ClassVar[str] = "Millidge, Tschantz, Buckley 2022, Predictive coding approximates backprop, arXiv:2006.04182"

    steps: int | None = None
    rate: float = 1.0

    def __post_init__(self) -> None:
        checked_inference("FixedCoding", 1 if self.steps is None else self.steps, self.rate)

    def inferred(self, circuit: Circuit, x: Array, t: Array) -> Inferred:
        now = circuit.forward(x)
        top = circuit.error(now.h[-1], t)
        eps = [np.zeros_like(h) for h in now.h[1:-1]]
        for _ in range((self.steps or circuit.depth) - 1):
            errors = [now.gate(layer, one) for layer, one in enumerate(eps, 1)]
            down = [circuit.back(layer, e) for layer, e in enumerate((*errors[1:], top), 2)] if eps else []
            for one, from_above in zip(eps, down, strict=True):
                from_above -= one
                from_above *= self.rate
                one += from_above
        return Inferred(now.h[:-1], [*(now.gate(layer, one) for layer, one in enumerate(eps, 1)), top], now.h[-1])


@dataclass(frozen=True)
class StrictCoding(PredictiveCoding):
    """Predictive coding with predictions and errors from the present values, at all times.

    It descends the energy ``sum |p_l - v_l|^2 / 2 + precision Loss``, so it is another algorithm than backpropagation, and
    becomes equal to it as the precision goes to 0 and the values have settled.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    steps : int
        Number of times that errors are computed; values move between two of them.
    rate : float
        Part of the descent of the energy that a value makes in a step. Above 2 / (1 + |W|^2), values oscillate.
    precision : float
        Weight of the loss against the errors of hidden layers. Changes of weights are divided by it, so that their size stays.
    """

    steps: int = 20
    rate: float = 0.1
    precision: float = 1.0

    def __post_init__(self) -> None:
        checked_inference("StrictCoding", self.steps, self.rate)
        if not self.precision > 0:
            raise NetworkError(f"StrictCoding.precision = {self.precision:g}; expected a number above 0.")

    @property
    def gain(self) -> float:
        return self.precision

    def inferred(self, circuit: Circuit, x: Array, t: Array) -> Inferred:
        start = now = circuit.forward(x)
        values = [x, *(h.copy() for h in start.h[1:-1])]
        eps, errors = self._errors(circuit, now, values, t)
        for _ in range(self.steps - 1):
            down = [circuit.back(layer, e) for layer, e in enumerate(errors[1:], 2)]
            for value, one, from_above in zip(values[1:], eps, down, strict=True):
                one -= from_above
                one *= self.rate
                value += one
            now = self._predictions(circuit, start, values)
            eps, errors = self._errors(circuit, now, values, t)
        return Inferred(values, errors, start.h[-1])

    def _predictions(self, circuit: Circuit, start: Pass, values: list[Array]) -> Pass:
        """What each layer predicts from the values below; the product with the input is that of the forward pass."""
        now = Pass(circuit.network, values[0])
        now.add(start.neurons(1))
        for layer in range(2, circuit.depth + 1):
            now.add(circuit.active(layer, circuit.up(layer, values[layer - 1])))
        return now

    def _errors(self, circuit: Circuit, now: Pass, values: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        """Errors of the hidden values, and errors at the inputs of all layers."""
        eps = [p - v for p, v in zip(now.h[1:-1], values[1:], strict=True)]
        top = circuit.error(now.h[-1], t)
        top *= self.precision
        return eps, [*(now.gate(layer, one) for layer, one in enumerate(eps, 1)), top]


def checked_inference(who: str, steps: int, rate: float) -> None:
    """Raise NetworkError unless values can settle in so many steps at this rate."""
    if steps < 1:
        raise NetworkError(f"{who}.steps = {steps}; expected a whole number from 1 up.")
    if not 0 < rate <= 1:
        raise NetworkError(f"{who}.rate = {rate:g}; expected a number above 0, up to 1.")


def exact_predictive_coding(eta: float = 0.02) -> ExactCoding:
    """Exact predictive coding: one sweep from the output down, with the changes of backpropagation.

    Song, Lukasiewicz, Xu, Bogacz (2020), Can the brain do backpropagation?, NeurIPS 33.
    """
    return ExactCoding(eta)


def fixed_predictive_coding(eta: float = 0.02, steps: int | None = None, rate: float = 1.0) -> FixedCoding:
    """Predictive coding with fixed predictions: errors spread down over the forward pass.

    Millidge, Tschantz, Buckley (2022), arXiv:2006.04182.
    """
    return FixedCoding(eta, steps, rate)


def strict_predictive_coding(eta: float = 0.02, steps: int = 20, rate: float = 0.1, precision: float = 1.0) -> StrictCoding:
    """Predictive coding in the strict sense: predictions follow the values while these settle.

    Whittington, Bogacz (2017), doi:10.1162/NECO_a_00949; Rosenbaum (2022), doi:10.1371/journal.pone.0266102.
    """
    return StrictCoding(eta, steps, rate, precision)


def prospective_configuration(eta: float = 0.02, steps: int = 100, rate: float = 0.1) -> StrictCoding:
    """Prospective configuration: strict predictive coding whose values have settled before weights change.

    Song, Millidge, Salvatori, Lukasiewicz, Xu, Bogacz (2024), doi:10.1038/s41593-023-01514-1.
    """
    return StrictCoding(eta, steps, rate)


def _recipes(**options: float) -> Mapping[str, RateRecipe]:
    tanh = dense(200, 200, hidden="tanh", start=HeNormal(0.5**0.5))
    mnist = RateRecipe(tanh, options, Adam(1e-3), epochs=3, batch=300)
    digits = RateRecipe(dense(200, 200), options, epochs=15, batch=16)
    return {"digits": digits, "mnist": mnist, "fashion-mnist": mnist}


ENTRIES = (
    AlgorithmEntry(exact_predictive_coding, _recipes()),
    AlgorithmEntry(fixed_predictive_coding, _recipes()),
    AlgorithmEntry(strict_predictive_coding, _recipes()),
    AlgorithmEntry(prospective_configuration, _recipes()),
)
