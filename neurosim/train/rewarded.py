"""Training in two stages: features without labels by STDP, then a choice between groups of neurons by reward alone.

What the host does is the same for every network of this kind: it shows images one by one, keeps the mean weight of each
feature neuron constant, counts spikes, and sends one number after each choice to the group that chose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.backends.emulator.engine import emulate
from neurosim.backends.emulator.session import Session
from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import NetworkError, unknown_name
from neurosim.train.unsupervised.showing import steady
from neurosim.units import FloatArray

Spikes = NDArray[np.uint8]
Reward = Callable[[bool, float], float]
_LARGEST = 255
"""Largest weight of a chip."""


def regular_spikes(image: FloatArray, steps: int, rate: float, rng: np.random.Generator) -> Spikes:
    """Spikes (steps, pixels) at regular intervals from a random phase: `rate` spikes per step where the intensity is 1."""
    sums = np.floor(rng.random(len(image)) + rate * image * np.arange(steps + 1)[:, None])
    return np.diff(sums, axis=0).astype(np.uint8)


def plain_reward(right: bool, expected: float) -> float:
    """Reward itself: 1 after a right choice, -1 after a wrong one, whatever was expected."""
    return 1.0 if right else -1.0


def reward_error(right: bool, expected: float) -> float:
    """Reward minus the `expected` reward, both from -1 to 1: a surprise teaches much, a result that was expected little."""
    return plain_reward(right, expected) - expected


def part(program: Program, populations: Collection[str]) -> Program:
    """The program with only these `populations` and the projections between them."""
    whole: Any = program
    kept: Program = replace(
        whole,
        populations=tuple(p for p in whole.populations if p.name in populations),
        projections=tuple(p for p in whole.projections if p.pre in populations and p.post in populations),
    )
    return kept


def with_fixed(program: Program, projection: str, weights: Any) -> Program:
    """The program in which a projection has these weights, in units of the program, and learns no more."""
    whole: Any = program
    fixed = (replace(p, rule=None, weights=weights) if p.name == projection else p for p in whole.projections)
    changed: Program = replace(whole, projections=tuple(fixed))
    return changed


@dataclass(frozen=True, eq=False)
class Features:
    """What a layer of features has learnt: its sparse weights (n_pre, n_post), and the adaptive threshold of each neuron."""

    weights: Any
    theta: FloatArray

    def fixed_in(self, program: Program, projection: str) -> Program:
        """The program with these weights and thresholds of the post population of `projection`, which learn no more."""
        whole: Any = program
        layer = _found(program, projection).post
        populations = (replace(p, neuron=_raised(p.neuron, self.theta)) if p.name == layer else p for p in whole.populations)
        return with_fixed(replace(whole, populations=tuple(populations)), projection, self.weights)


def _raised(neuron: Any, theta: FloatArray) -> Any:
    """The neuron with fixed thresholds: what they have learnt belongs to the threshold itself, which survives a rest."""
    still = steady(neuron)
    return replace(still, values={**still.values, "v_th": still.values["v_th"] + theta})


def with_mean(weights: Any, mean: float, rng: np.random.Generator) -> Any:
    """Sparse weights (n_pre, n_post), scaled so that those of each post neuron have this mean over its synapses.

    Weights that are integers, as on a chip, are rounded at random, so that the mean is kept on average, and are at most 255.
    """
    given, n = sparse.csr_array(weights), weights.shape[1]
    sums, counts = np.bincount(given.indices, given.data, n), np.bincount(given.indices, minlength=n)
    scaled = given.data * (mean * counts / np.maximum(sums, 1e-12))[given.indices]
    if np.issubdtype(given.dtype, np.integer):
        scaled = np.minimum(np.floor(scaled + rng.random(len(scaled))), _LARGEST).astype(given.dtype)
    return sparse.csr_array((scaled, given.indices, given.indptr), shape=given.shape)


def learn_features(program: Program, projection: str, images: Iterable[Spikes], rng: np.random.Generator) -> Features:
    """Show spikes of images (steps, n_pre) one by one to a layer of adaptive neurons, which learns by its own rule.

    Before each image, and at the end, the mean weight of each neuron is set to the mean of all weights at the beginning; `rng`
    rounds where weights are integers. After each image all states but the adaptive thresholds are reset.

    Parameters
    ----------
    program : Program
        The network, in float or in integers.
    projection : str
        Name of the projection that learns.
    images : iterable of arrays (steps, n_pre)
        Spikes of each image.
    rng : Generator
        Random numbers of the rounding.

    Raises
    ------
    NetworkError
        If the projection is not there, does not learn, or is not sparse.
    """
    learner = _found(program, projection)
    if learner.rule is None or not sparse.issparse(learner.weights):
        raise NetworkError(
            f"learn_features: projection {projection!r} of {program.name!r} does not learn, or is not sparse; expected one "
            "with a plasticity rule and local connections, such as LocallyConnected(...)."
        )
    session, mean = Session(part(program, (learner.pre, learner.post))), float(learner.weights.data.mean())
    for spikes in images:
        session.set_weights(projection, with_mean(session.weights(projection), mean, rng))
        session.run(len(spikes), inputs={learner.pre: spikes})
        session.rest(keep=("theta",))
    return Features(with_mean(session.weights(projection), mean, rng), session.state(learner.post, "theta"))


def _found(program: Program, projection: str) -> Any:
    known = {p.name: p for p in program.projections}
    if projection not in known:
        raise NetworkError(f"Program {program.name!r}: " + unknown_name("projection", projection, known))
    return known[projection]


class Chooser:
    """A session in which groups of neurons choose, and reward teaches the group that chose.

    Only the neurons of that group receive the reward, which is one number; nobody tells which choice would have been right.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program in which one projection learns, by a rule with a tag and the third factor M.
    projection : str
        That projection; it leads to the groups, which are equally large and lie one after the other in its post population.
    groups : int
        Number of groups.
    reward : function (right, expected) -> float
        Third factor after a choice: `plain_reward` or `reward_error`.
    rng : Generator
        Source of the choice between groups that spike equally often.
    memory : float
        Fraction of its distance to the reward that the expected reward moves at each choice.

    Raises
    ------
    NetworkError
        If the neurons are not `groups` groups of equal size.
    """

    def __init__(
        self,
        program: Program,
        projection: str,
        groups: int,
        reward: Reward,
        rng: np.random.Generator,
        memory: float = 0.002,
    ) -> None:
        self.layer = _found(program, projection).post
        n = program.population(self.layer).n
        if groups < 2 or n % groups:
            raise NetworkError(f"Chooser: population {self.layer!r} has {n} neurons; expected {groups} groups of equal size.")
        self.session, self.program, self.projection = Session(program), program, projection
        self.reward, self.memory, self.rng = reward, memory, rng
        self.group = np.repeat(np.arange(groups), n // groups)
        self.expected = 2 / groups - 1
        """Expected reward, from -1 to 1; at first that of a random choice."""

    def choose(self, source: str, spikes: Spikes) -> int:
        """The group with most spikes while the `source` sends `spikes` (steps, n); drawn at random among several.

        Parameters
        ----------
        source : str
            Name of the input population.
        spikes : array (steps, n)
            Spikes that the source sends.
        """
        quiet = {"M": np.zeros(len(spikes))}
        found = self.session.run(len(spikes), inputs={source: spikes}, signals=quiet).counts(self.layer)[0]
        counts = np.bincount(self.group, found)
        return int(self.rng.choice(np.flatnonzero(counts == counts.max())))

    def teach(self, choice: int, right: bool, size: float = 1.0) -> None:
        """Send the reward, times `size`, to the group that chose, for one step; then reset all states.

        Parameters
        ----------
        choice : int
            The group that chose.
        right : bool
            Whether the choice was right: reward or punishment.
        size : float
            Factor of the reward.
        """
        sent = size * self.reward(right, self.expected) * (self.group == choice)
        self.session.run(1, signals={"M": sent[None]})
        self.session.rest()
        self.expected += self.memory * (plain_reward(right, 0.0) - self.expected)

    def learn(self, source: str, spikes: Spikes, right: Callable[[int], bool], size: float = 1.0) -> bool:
        """Choose, learn from whether that was `right`, and return whether it was.

        Parameters
        ----------
        source : str
            Name of the input population.
        spikes : array (steps, n)
            Spikes that the source sends.
        right : callable
            Function of the choice that says whether it is right.
        size : float
            Factor of the reward.
        """
        choice = self.choose(source, spikes)
        hit = bool(right(choice))
        self.teach(choice, hit, size)
        return hit

    def answers(self, source: str, spikes: Spikes) -> NDArray[np.int64]:
        """Answers to samples (samples, steps, n) from rest, without learning; -1 where several groups spike most.

        Parameters
        ----------
        source : str
            Name of the input population.
        spikes : array (samples, steps, n)
            Spikes that the source sends.
        """
        still = with_fixed(self.program, self.projection, self.session.weights(self.projection))
        counts = emulate(still, spikes.shape[1], inputs={source: spikes}).counts(self.layer)
        groups = counts.reshape(len(spikes), self.group[-1] + 1, -1).sum(axis=-1)
        alone = (groups == groups.max(axis=1, keepdims=True)).sum(axis=1) == 1
        return np.where(alone, groups.argmax(axis=1), -1)
