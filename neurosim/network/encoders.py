"""Spike encoders, which convert the intensity of a pixel, from 0 to 1, to a spike train."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_number
from neurosim.checks.described import Described
from neurosim.checks.memory import check_memory
from neurosim.draws import latency_coded, poisson_coded, rate_coded
from neurosim.errors import NetworkError
from neurosim.network.inputs import Raster


@dataclass(frozen=True)
class _Coding(Described):
    random: ClassVar[bool] = False
    """Whether two calls may return different spikes."""
    steps: int = 20

    def __post_init__(self) -> None:
        whole_number(self.steps, f"{type(self).__name__}.steps", 1)

    def _check_memory(self, shape: tuple[int, ...]) -> None:
        who = f"{type(self).__name__}: {self.steps} steps of {' x '.join(map(str, shape))} intensities"
        check_memory(self.steps * math.prod(shape), who, "Take fewer steps, or show fewer images at a time.")


@dataclass(frozen=True)
class RateCoding(_Coding):
    """Deterministic rate coding by an integrate-and-fire encoder without leak.

    The intensity is summed over the steps. When the sum reaches 1, a spike is emitted and 1 is subtracted. The sum is computed
    in float32, as published; in float64, 11 of the 256 grey levels would have another spike train.

    Parameters
    ----------
    steps : int
        Number of steps of an image, which is the number of spikes at intensity 1.

    Notes
    -----
    Gerlinghoff et al. (2023), doi:10.1016/j.neucom.2023.126773.
    """

    def encode(self, intensity: NDArray[np.floating[Any]], rng: np.random.Generator) -> Raster:
        """Spikes of shape `(steps, ...)`; `rng` is not used."""
        self._check_memory(intensity.shape)
        return rate_coded(intensity, self.steps)


@dataclass(frozen=True)
class PoissonCoding(_Coding):
    """Random rate coding: in each step, a spike is emitted with probability intensity * max_probability.

    Parameters
    ----------
    steps : int
        Number of steps of an image.
    max_probability : float
        Probability of a spike in one step at intensity 1.
    """

    random: ClassVar[bool] = True
    max_probability: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.max_probability <= 1:
            raise NetworkError(f"PoissonCoding.max_probability = {self.max_probability!r}; expected a probability from 0 to 1.")

    def encode(self, intensity: NDArray[np.floating[Any]], rng: np.random.Generator) -> Raster:
        """Spikes of shape `(steps, ...)`."""
        self._check_memory(np.shape(intensity))
        return poisson_coded(intensity, self.steps, self.max_probability, rng)


@dataclass(frozen=True)
class LatencyCoding(_Coding):
    """Latency coding: one spike per pixel, earlier for brighter pixels; pixels below `threshold` stay silent.

    Parameters
    ----------
    steps : int
        Number of steps in which pixels spike.
    threshold : float
        Intensity, from 0 to 1, below which a pixel stays silent.
    """

    threshold: float = 0.01

    def encode(self, intensity: NDArray[np.floating[Any]], rng: np.random.Generator) -> Raster:
        """Spikes of shape `(steps, ...)`; `rng` is not used."""
        self._check_memory(np.shape(intensity))
        return latency_coded(intensity, self.steps, self.threshold)
