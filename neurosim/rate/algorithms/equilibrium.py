"""Equilibrium propagation: a network with symmetric connections settles freely, then nudged towards the targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.data import Dataset
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork
from neurosim.rate.optimisers import DESCENT, Adam
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import Uniform

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

Output = Callable[[Array, Array], Array]
"""New activity of the output from its input z, which may be overwritten, and its present activity."""


@dataclass(frozen=True)
class Settling(Algorithm):
    """Base of algorithms that compare two settled states of a network whose layers drive each other through the same weights.

    In a step, all layers become ``s_l <- f(W_l s_{l-1} + b_l + W_{l+1}^T s_{l+1})`` at once, from the old activities.
    Activities are 0 at the start. The product with the image is computed once. With the activities a, x (post and pre) of
    one state and b, y of the other, weights change by ``eta <a x - b y> / apart``.

    Parameters
    ----------
    eta : float
        Learning rate.
    free_steps : int
        Number of steps of the free phase, which is also used for the answer.
    """

    descends: ClassVar[bool] = False

    eta: NotNegative = 0.1
    free_steps: int = 20

    @property
    def apart(self) -> float:
        """Difference of what distinguishes the two states, by which the change is divided."""
        return 1.0

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule("eta * (a * x - b * y)", ("x", "y"), ("a", "b"), {"eta": self.eta / self.apart})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return {"weights": self._rule}

    def check(self, network: RateNetwork) -> None:
        who = type(self).__name__
        if network.loss is not SQUARED:
            raise NetworkError(f"{who}: the loss is {network.loss.name!r}; expected SQUARED, whose gradient the nudge is.")
        for k, layer in enumerate(network.layers, 1):
            if layer.pool is not None:
                raise NetworkError(f"{who}: layer {k} has a pool; expected none, because both ways are the same.")

    def states(self, circuit: Circuit, drive: Array, free: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        """The two states whose products are added and subtracted, from the input of layer 1 and the free state."""
        raise NotImplementedError(f"{type(self).__name__} does not say which states it compares.")

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        drive = circuit.up(1, x)
        free = self.free(circuit, drive)
        added, subtracted = self.states(circuit, drive, free, t)
        pairs = zip(added, [x, *added], subtracted, [x, *subtracted], strict=False)
        quantities = [Quantities({"x": x1, "y": y1}, {"a": a, "b": b}) for a, x1, b, y1 in pairs]
        return Taught({"weights": quantities}, free[-1])

    def free(self, circuit: Circuit, drive: Array) -> list[Array]:
        """Free state of all layers for the input of layer 1, (neurons, images)."""
        zero = [np.zeros((n, drive.shape[1]), drive.dtype) for n in circuit.network.sizes[1:]]
        return settled(circuit, drive, zero, self.free_steps, lambda z, _: circuit.active(circuit.depth, z))

    def answer(self, circuit: Circuit, x: Array) -> Array:
        return self.free(circuit, circuit.up(1, x))[-1]

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import phase_signed_hebb

        return phase_signed_hebb(type(self).__name__, self.eta / self.apart, self.paper)


def settled(circuit: Circuit, drive: Array, s: list[Array], steps: int, output: Output) -> list[Array]:
    """Activities of all layers after a number of steps from the state `s`; `drive` is the constant input of layer 1."""
    for _ in range(steps):
        inputs = [drive.copy() if circuit.depth == 1 else drive]
        inputs += [circuit.up(layer, s[layer - 2]) for layer in range(2, circuit.depth + 1)]
        new = []
        for layer in range(1, circuit.depth):
            z = circuit.back(layer + 1, s[layer])
            z += inputs[layer - 1]
            new.append(circuit.active(layer, z))
        s = [*new, output(inputs[-1], s[-1])]
    return s


@dataclass(frozen=True)
class _Nudging(Settling):
    """Base of the forms of equilibrium propagation.

    Parameters
    ----------
    eta, free_steps
        See `Settling`.
    nudged_steps : int
        Number of steps of each nudged phase, from the free state.
    beta : float
        Strength with which the output is drawn to the targets, above 0.
    """

    paper: ClassVar[str] = "Scellier, Bengio 2017, Equilibrium propagation, doi:10.3389/fncom.2017.00024"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("free", "the image is shown, and the network settles"),
        Phase("nudged", "the output is drawn towards the targets, and the network settles again"),
    )

    nudged_steps: int = 8
    beta: float = 0.5

    def __post_init__(self) -> None:
        for name in ("free_steps", "nudged_steps"):
            if getattr(self, name) < 1:
                raise NetworkError(f"{type(self).__name__}.{name} = {getattr(self, name)}; expected a whole number from 1 up.")
        if not self.beta > 0:
            raise NetworkError(f"{type(self).__name__}.beta = {self.beta:g}; expected a number above 0.")

    @property
    def apart(self) -> float:
        return self.beta

    def nudged(self, circuit: Circuit, drive: Array, free: list[Array], t: Array, beta: float) -> list[Array]:
        """The state in which the output is nudged with the strength `beta`, which may be below 0."""

        def output(z: Array, s: Array) -> Array:
            z += beta * (t - s)
            return circuit.active(circuit.depth, z)

        return settled(circuit, drive, free, self.nudged_steps, output)


@dataclass(frozen=True)
class OneSidedPropagation(_Nudging):
    """Equilibrium propagation: the nudged state is compared with the free state; the bias is of the order of beta."""

    def states(self, circuit: Circuit, drive: Array, free: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        return self.nudged(circuit, drive, free, t, self.beta), free


@dataclass(frozen=True)
class RandomSignPropagation(_Nudging):
    """Equilibrium propagation with a random sign of beta for each mini-batch, so that its bias cancels on average."""

    def states(self, circuit: Circuit, drive: Array, free: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        sign = int(circuit.rng("sign of beta").choice((-1, 1)))
        found = self.nudged(circuit, drive, free, t, sign * self.beta)
        # For beta below 0 the free state is the one with the larger beta.
        return (found, free)[::sign]  # type: ignore[return-value]


@dataclass(frozen=True)
class SymmetricPropagation(_Nudging):
    """Equilibrium propagation between two nudged states, with beta and -beta; the bias is of the order of beta squared."""

    paper: ClassVar[str] = "Laborieux et al. 2021, Scaling equilibrium propagation, doi:10.3389/fnins.2021.633674"
    phases: ClassVar[tuple[Phase, ...]] = (
        *_Nudging.phases,
        Phase("opposite", "the output is drawn away from the targets, from the free state"),
    )

    @property
    def apart(self) -> float:
        return 2 * self.beta

    def states(self, circuit: Circuit, drive: Array, free: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        return self.nudged(circuit, drive, free, t, self.beta), self.nudged(circuit, drive, free, t, -self.beta)


def symmetric(*hidden: int) -> Callable[[Dataset, int], RateNetwork]:
    """Recipe's network of layers of steep logistic neurons, as in the papers."""
    return dense(*hidden, hidden="steep_logistic", output="steep_logistic", loss=SQUARED, start=Uniform())


_DIGITS = RateRecipe(symmetric(100), optimiser=DESCENT, epochs=30, batch=20)
_MNIST = RateRecipe(symmetric(512), optimiser=Adam(1e-3), epochs=10, batch=50)
_RECIPES = {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}
ENTRIES = (
    AlgorithmEntry(OneSidedPropagation, _RECIPES, called="equilibrium_propagation_one_sided"),
    AlgorithmEntry(RandomSignPropagation, _RECIPES, called="equilibrium_propagation_random_sign"),
    AlgorithmEntry(SymmetricPropagation, _RECIPES, called="equilibrium_propagation"),
)
