"""Samplers of binary units: one by one, in blocks, all at once, and with Langevin proposals, with their exact transitions.

States are arrays (units, chains) of 0 and 1, in float64. For a few units, the matrix of all transitions of a sampler is exact,
and tells from which distribution it draws in the end, and how long it remembers where it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError
from neurosim.rate.activations import sigmoid
from neurosim.rate.chains import sampled
from neurosim.rate.exact import RestrictedMachine, log_bernoulli, states
from neurosim.units import FloatArray


class Model(Protocol):
    """Probabilities of states, up to a common factor."""

    def log_weight(self, s: FloatArray) -> FloatArray:
        """Logarithm of the probability of states (units, n) up to a constant, one number per state."""

    def rise(self, s: FloatArray) -> FloatArray:
        """Derivative of `log_weight` with respect to each unit, (units, n)."""


@dataclass(frozen=True)
class PairwiseMachine:
    """Boltzmann machine without hidden units: the probability of s is proportional to ``exp(b s + s W s / 2)``.

    Attributes
    ----------
    weights : array (units, units)
        W, symmetric with zeros on the diagonal.
    biases : array (units, 1)
        b.
    """

    weights: FloatArray
    biases: FloatArray

    def log_weight(self, s: FloatArray) -> FloatArray:
        return np.asarray((s * (self.biases + self.weights @ s / 2)).sum(axis=0))

    def rise(self, s: FloatArray) -> FloatArray:
        return np.asarray(self.biases + self.weights @ s)


def probabilities(model: Model, units: int) -> FloatArray:
    """Exact probabilities of all states of a model, in the order of `neurosim.rate.exact.states`."""
    log_p = model.log_weight(states(units))
    return np.asarray(np.exp(log_p - np.logaddexp.reduce(log_p)))


@dataclass(frozen=True)
class Sampler(Described):
    """Base of the samplers."""

    def step(self, model: Model, s: FloatArray, rng: np.random.Generator) -> FloatArray:
        """New states (units, chains) of chains that are in the states `s`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how states are drawn.")

    def transitions(self, model: Model, units: int) -> FloatArray:
        """Exact probability of every state (column) after every state (row), in the order of `neurosim.rate.exact.states`."""
        raise NotImplementedError(f"{type(self).__name__} does not know its transitions.")


@dataclass(frozen=True)
class OneByOne(Sampler):
    """Units are drawn one after the other, each from what it is given all others (Gibbs sampling); exact.

    Geman, Geman (1984), doi:10.1109/TPAMI.1984.4767596.
    """

    def step(self, model: Model, s: FloatArray, rng: np.random.Generator) -> FloatArray:
        s = s.copy()
        for unit in range(len(s)):
            s[unit] = sampled(_one(model, s, unit), rng)
        return s

    def transitions(self, model: Model, units: int) -> FloatArray:
        every, found = states(units), np.eye(2**units)
        for unit in range(units):
            p = every.copy()
            p[unit] = _one(model, every, unit)
            found = found @ _independent(p)
        return found


@dataclass(frozen=True)
class InBlocks(Sampler):
    """Hidden, then visible units of a restricted machine are drawn (block Gibbs sampling); exact."""

    def step(self, model: Model, s: FloatArray, rng: np.random.Generator) -> FloatArray:
        machine = _restricted(model)
        h = sampled(sigmoid(machine.weights @ s + machine.hidden), rng)
        return sampled(sigmoid(machine.weights.T @ h + machine.visible), rng)

    def transitions(self, model: Model, units: int) -> FloatArray:
        machine = _restricted(model)
        to_hidden = _independent(sigmoid(machine.weights @ states(units) + machine.hidden))
        return to_hidden @ _independent(sigmoid(machine.weights.T @ states(len(machine.hidden)) + machine.visible))


@dataclass(frozen=True)
class AtOnce(Sampler):
    """All units are drawn at once, each from its input from all others in the state before; biased."""

    def inputs(self, model: Model, s: FloatArray) -> FloatArray:
        """Input of each unit, (units, chains); it will be 1 with the logistic function of that."""
        return model.rise(s)

    def ones(self, model: Model, s: FloatArray) -> FloatArray:
        """Probability that each unit will be 1, (units, chains)."""
        return sigmoid(self.inputs(model, s))

    def step(self, model: Model, s: FloatArray, rng: np.random.Generator) -> FloatArray:
        return sampled(self.ones(model, s), rng)

    def transitions(self, model: Model, units: int) -> FloatArray:
        return _independent(self.ones(model, states(units)))


@dataclass(frozen=True)
class Langevin(AtOnce):
    """All units are drawn at once and hold on to what they are, with Langevin proposals; biased, less so for small `alpha`.

    A unit s, with the derivative d of the log-probability, changes with probability ``sigma((1 - 2 s) d / 2 - 1 / (2 alpha))``.
    This is a stochastic unit with half the weights and half the bias, a weight of ``1 / alpha`` to itself, and a bias of
    ``-1 / (2 alpha)``: it is local, and needs no neuron of its own.

    Zhang, Liu, Liu (2022), A Langevin-like sampler for discrete distributions, arXiv:2206.09914.

    Parameters
    ----------
    alpha : float
        Step size, above 0.
    """

    alpha: float = 0.1

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise NetworkError(f"{type(self).__name__}.alpha = {self.alpha:g}; expected a number above 0.")

    def inputs(self, model: Model, s: FloatArray) -> FloatArray:
        return model.rise(s) / 2 + (s - 0.5) / self.alpha


@dataclass(frozen=True)
class TestedLangevin(Langevin):
    """Langevin proposals that are accepted or rejected as a whole (Metropolis, Hastings); exact, but the test is not local.

    Parameters
    ----------
    alpha
        See `Langevin`.
    """

    __test__ = False

    def step(self, model: Model, s: FloatArray, rng: np.random.Generator) -> FloatArray:
        new = super().step(model, s, rng)
        back = log_bernoulli(s, self.inputs(model, new)) - log_bernoulli(new, self.inputs(model, s))
        accepted = np.log(rng.random(s.shape[1])) < model.log_weight(new) - model.log_weight(s) + back
        return np.where(accepted, new, s)

    def transitions(self, model: Model, units: int) -> FloatArray:
        proposed = super().transitions(model, units)
        weight = probabilities(model, units)[:, None] * proposed
        found = proposed * np.minimum(1, weight.T / weight)
        found[np.diag_indices_from(found)] += 1 - found.sum(axis=1)
        return found


def stationary(transitions: FloatArray) -> FloatArray:
    """The distribution that a matrix of transitions leaves as it is."""
    n = len(transitions)
    equations = np.concatenate([transitions.T - np.eye(n), np.ones((1, n))])
    found = np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)[0]
    return np.asarray(np.maximum(found, 0) / np.maximum(found, 0).sum())


def relaxation(transitions: FloatArray) -> float:
    """Number of steps in which the slowest deviation from the stationary distribution falls to 1/e."""
    second = float(np.sort(np.abs(np.linalg.eigvals(transitions)))[-2])
    return -1 / math.log(second) if second > 0 else 0.0


def _one(model: Model, s: FloatArray, unit: int) -> FloatArray:
    """Probability that a unit is 1 given all others."""
    off, on = s.copy(), s.copy()
    off[unit], on[unit] = 0, 1
    return sigmoid(model.log_weight(on) - model.log_weight(off))


def _independent(p: FloatArray) -> FloatArray:
    """Transitions to all states of units that are 1 with the probabilities p (units, states before)."""
    found = np.ones((p.shape[1], 2 ** len(p)))
    for one, bit in zip(p, states(len(p)), strict=True):
        found *= np.where(bit, one[:, None], 1 - one[:, None])
    return found


def _restricted(model: Model) -> RestrictedMachine:
    if not isinstance(model, RestrictedMachine):
        raise NetworkError(f"InBlocks: found a {type(model).__name__}; expected a RestrictedMachine, whose layers are blocks.")
    return model
