"""Distributions of weights at the start."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.ranges import NotNegative
from neurosim.rate.activations import Array


@dataclass(frozen=True)
class Start(Described):
    """Base of the distributions; `draw` returns weights of a shape for the numbers of inputs and outputs of a neuron."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Draw weights."""
        raise NotImplementedError(f"{type(self).__name__} does not say how weights are drawn.")


@dataclass(frozen=True)
class HeNormal(Start):
    """Normal with the variance ``gain**2 * 2 / fan_in`` (He et al. 2015, doi:10.1109/ICCV.2015.123)."""

    gain: NotNegative = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.asarray(self.gain * math.sqrt(2 / fan_in) * rng.standard_normal(shape))


@dataclass(frozen=True)
class GlorotNormal(Start):
    """Normal with the variance ``gain**2 * 2 / (fan_in + fan_out)`` (Glorot, Bengio 2010)."""

    gain: NotNegative = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.asarray(self.gain * math.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal(shape))


@dataclass(frozen=True)
class Normal(Start):
    """Normal with standard deviation ``sd``."""

    sd: NotNegative = 0.05

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.asarray(self.sd * rng.standard_normal(shape))


@dataclass(frozen=True)
class Uniform(Start):
    """Uniform from ``low`` to ``high``, both in units of ``1 / sqrt(fan_in)``."""

    low: float = -1.0
    high: float = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.asarray(rng.uniform(self.low, self.high, shape) / math.sqrt(fan_in))


@dataclass(frozen=True)
class HeUniform(Start):
    """Uniform with the variance ``gain**2 * 2 / fan_in``, which is within ``gain sqrt(6 / fan_in)``."""

    gain: NotNegative = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        bound = self.gain * math.sqrt(6 / fan_in)
        return np.asarray(rng.uniform(-bound, bound, shape))
