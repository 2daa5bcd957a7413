"""The matrices through which desire goes down, and how they keep up with the weights.

A chain has one for each projection but the first, shaped (n_pre, n_post) like the weights and used from post to pre. What they
have to be told about the weights is what a chip has to transport: everything (`Tied`), signs (`SignFeedback`), the changes
(`KolenPollack`), or nothing (`FrozenFeedback`, `RandomFeedback`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UsageError, unknown_name
from neurosim.rng import checked_seed, stream
from neurosim.units import FloatArray

Matrices = tuple[FloatArray, ...]


@dataclass(frozen=True)
class Feedback(Described):
    """Feedback that stays as it starts; subclasses say how that is."""

    weight_transport: ClassVar[bool] = False
    """Whether it has to read the weights while they change."""
    learning: ClassVar[str | None] = None
    """What Brian2 does with a synapse's feedback ``b`` after ``w`` has changed; None where Brian2 cannot do it."""

    def start(self, weights: Matrices) -> Matrices:
        """The matrices of a chain with these weights; the first leads nowhere and is that of the weights."""
        return (weights[0], *(self._first(w, layer).astype(w.dtype, copy=False) for layer, w in enumerate(weights[1:], 1)))

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        raise NotImplementedError(f"{type(self).__name__} does not say how its matrices start.")

    def portions(self, samples: int, batch: int) -> Iterator[slice]:
        """Parts of a presentation after which the matrices follow: here none, so that all of it is one."""
        yield slice(0, samples)

    def before(self, weights: Matrices) -> Any:
        """What `follow` needs to know of the weights before a portion."""

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Bring the matrices (and the weights) up to date, in place, after `learned` samples have changed the weights."""

    def described(self) -> dict[str, Any]:
        """Kind and parameters, for settings."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class Tied(Feedback):
    """The weights themselves: ``B = W``, as published."""

    weight_transport: ClassVar[bool] = True
    learning: ClassVar[str | None] = "b = w"

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return weights


@dataclass(frozen=True)
class FrozenFeedback(Feedback):
    """The weights before training: ``B = W(0)``."""

    learning: ClassVar[str | None] = ""

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return weights.copy()


@dataclass(frozen=True)
class RandomFeedback(Feedback):
    """Normal numbers that never change: ``B ~ N(0, scale**2)`` (feedback alignment).

    Parameters
    ----------
    scale : float
        Standard deviation, in the unit of the weights.
    seed : int
        Of the numbers.

    Notes
    -----
    Lillicrap, Cownden, Tweed, Akerman (2016), doi:10.1038/ncomms13276.
    """

    learning: ClassVar[str | None] = ""
    scale: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        _check_scale(self, self.scale)
        checked_seed(self.seed, type(self).__name__)

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return _normal(weights, layer, self.scale, self.seed)


@dataclass(frozen=True)
class _Following(Feedback):
    """Feedback that keeps up with the weights batch by batch."""

    def portions(self, samples: int, batch: int) -> Iterator[slice]:
        """One a batch."""
        return (slice(k, k + batch) for k in range(0, samples, batch))


@dataclass(frozen=True)
class SignFeedback(_Following):
    """The signs of the weights: ``B = scale * sign(W)``.

    Parameters
    ----------
    scale : float
        Size of every entry, in the unit of the weights.

    Notes
    -----
    Liao, Leibo, Poggio (2016), arXiv:1510.05067.
    """

    weight_transport: ClassVar[bool] = True
    scale: float = 0.1

    def __post_init__(self) -> None:
        _check_scale(self, self.scale)

    @property
    def learning(self) -> str:  # type: ignore[override]
        """B follows."""
        return f"b = {self.scale!r} * sign(w)"

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return np.asarray(self.scale * np.sign(weights))

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Take the signs anew."""
        for w, b in zip(weights[1:], feedback[1:], strict=True):
            np.sign(w, out=b)
            b *= b.dtype.type(self.scale)


@dataclass(frozen=True)
class KolenPollack(_Following):
    """Normal numbers that change as the weights do: ``dB = dW``, and both decay, so that ``B - W`` shrinks by the decay.

    With each sample that teaches, W and B lose the part `decay`; the weights of the first projection, which have no feedback,
    lose nothing. Where bounds cut a change of W off, B gets what is left of it.

    Parameters
    ----------
    decay : float
        Part lost with a sample that teaches, from 0 up to, not including, 1.
    scale : float
        Standard deviation before training, in the unit of the weights.
    seed : int
        Of the numbers before training.

    Notes
    -----
    Kolen, Pollack (1994), doi:10.1109/ICNN.1994.374486; Akrout et al. (2019), arXiv:1904.05391.
    """

    decay: float = 1e-4
    scale: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        _check_scale(self, self.scale)
        checked_seed(self.seed, type(self).__name__)
        if not 0 <= self.decay < 1:
            raise NetworkError(f"KolenPollack.decay = {self.decay!r}: expected a part from 0 up to, not including, 1.")

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return _normal(weights, layer, self.scale, self.seed)

    def before(self, weights: Matrices) -> Any:
        """The weights."""
        return tuple(w.copy() for w in weights[1:])

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Give B the changes of W, and let both decay."""
        for w, b, was in zip(weights[1:], feedback[1:], before, strict=True):
            kept = w.dtype.type((1 - self.decay) ** learned)
            b += w - was
            b *= kept
            w *= kept


FEEDBACKS: Mapping[str, type[Feedback]] = {
    "tied": Tied,
    "sign": SignFeedback,
    "frozen": FrozenFeedback,
    "kolen_pollack": KolenPollack,
    "random": RandomFeedback,
}
"""By the names that models and studies use."""


def named_feedback(name: str, **options: Any) -> Feedback:
    """A feedback of `FEEDBACKS` with `options`.

    Raises
    ------
    UsageError
        If there is no such feedback, or it has no such option.
    """
    if name not in FEEDBACKS:
        raise UsageError(unknown_name("feedback", name, FEEDBACKS))
    known = FEEDBACKS[name].__dataclass_fields__
    for option in options:
        if option not in known:
            raise UsageError(f"Feedback {name!r}: " + unknown_name("option", option, known))
    return FEEDBACKS[name](**options)


def feedback_angle(weights: Matrices, feedback: Matrices) -> float:
    """Degrees between feedback and weights, all their entries taken as one vector each; NaN where one of them is zero."""
    if all(b is w for w, b in zip(weights, feedback, strict=True)):
        return 0.0
    one, other = (np.concatenate([m.ravel() for m in matrices[1:]]).astype(np.float64) for matrices in (weights, feedback))
    length = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(one @ other / length, -1, 1)))) if length > 0 else float("nan")


def _normal(weights: FloatArray, layer: int, scale: float, seed: int) -> FloatArray:
    return stream(seed, "feedback", layer).normal(0.0, scale, weights.shape)


def _check_scale(feedback: Any, scale: float) -> None:
    if not scale > 0:
        raise NetworkError(f"{type(feedback).__name__}.scale = {scale!r}: expected a finite size above 0.")
