"""Feedback matrices that carry the desire to lower layers, and how they follow the weights.

A chain of layers has one matrix for each projection except the first. It has the shape (n_pre, n_post) of the weights, and is
used from post to pre. The kinds of feedback differ in the information about the weights that they need, which a chip has to
transport: the weights (`Tied`), their signs (`SignFeedback`), their changes (`KolenPollack`), or nothing (`FrozenFeedback`,
`RandomFeedback`).
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
    """Base of all kinds of feedback; subclasses define how the matrices start, and how they change."""

    weight_transport: ClassVar[bool] = False
    """Whether the feedback has to read the weights while they change."""
    learning: ClassVar[str | None] = None
    """Statement for a synapse's feedback ``b`` that Brian2 runs after ``w`` has changed; None if Brian2 cannot do it."""

    def start(self, weights: Matrices) -> Matrices:
        """Initial matrices of a chain with these weights; the first is not used for feedback and equals the first weights."""
        return (weights[0], *(self._first(w, layer).astype(w.dtype, copy=False) for layer, w in enumerate(weights[1:], 1)))

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        raise NotImplementedError(f"{type(self).__name__} does not define how its matrices start.")

    def portions(self, samples: int, batch: int) -> Iterator[slice]:
        """Divide the samples into portions, after each of which the matrices are updated; here, into one portion."""
        yield slice(0, samples)

    def before(self, weights: Matrices) -> Any:
        """Information about the weights before a portion that `follow` needs after it."""

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Update the matrices (and the weights) in place, after `learned` samples have changed the weights."""

    def described(self) -> dict[str, Any]:
        """Kind and parameters of the feedback, as stored in settings."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class Tied(Feedback):
    """Feedback through the weights themselves: ``B = W``, as published."""

    weight_transport: ClassVar[bool] = True
    learning: ClassVar[str | None] = "b = w"

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return weights


@dataclass(frozen=True)
class FrozenFeedback(Feedback):
    """Feedback through the weights from before training: ``B = W(0)``."""

    learning: ClassVar[str | None] = ""

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return weights.copy()


@dataclass(frozen=True)
class RandomFeedback(Feedback):
    """Feedback through fixed, normally distributed random numbers: ``B ~ N(0, scale**2)`` (feedback alignment).

    Parameters
    ----------
    scale : float
        Standard deviation of the entries, in the unit of the weights.
    seed : int
        Seed of the random numbers.

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
    """Base of feedback that follows the weights after each batch."""

    def portions(self, samples: int, batch: int) -> Iterator[slice]:
        """Divide the samples into batches."""
        return (slice(k, k + batch) for k in range(0, samples, batch))


@dataclass(frozen=True)
class SignFeedback(_Following):
    """Feedback through the signs of the weights: ``B = scale * sign(W)``.

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
        """Statement with which B follows the signs of the weights."""
        return f"b = {self.scale!r} * sign(w)"

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return np.asarray(self.scale * np.sign(weights))

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Set each matrix to the current signs of the weights."""
        for w, b in zip(weights[1:], feedback[1:], strict=True):
            np.sign(w, out=b)
            b *= b.dtype.type(self.scale)


@dataclass(frozen=True)
class KolenPollack(_Following):
    """Feedback that starts at random and changes as the weights do: ``dB = dW``; both decay, so that ``B - W`` shrinks.

    With each sample that changes the weights, W and B lose the fraction `decay`. The weights of the first projection have no
    feedback and lose nothing. If bounds limit a change of W, B changes by the limited amount.

    Parameters
    ----------
    decay : float
        Fraction lost with each sample that changes the weights: at least 0, and below 1.
    scale : float
        Standard deviation of the entries before training, in the unit of the weights.
    seed : int
        Seed of the random numbers before training.

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
            raise NetworkError(f"KolenPollack.decay = {self.decay!r}: expected a fraction of at least 0 and below 1.")

    def _first(self, weights: FloatArray, layer: int) -> FloatArray:
        return _normal(weights, layer, self.scale, self.seed)

    def before(self, weights: Matrices) -> Any:
        """Copies of the weights from before the portion."""
        return tuple(w.copy() for w in weights[1:])

    def follow(self, weights: Matrices, feedback: Matrices, before: Any, learned: int) -> None:
        """Add the changes of W to B, then let both decay."""
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
"""Kinds of feedback by the names that models and studies use."""


def named_feedback(name: str, **options: Any) -> Feedback:
    """Make the feedback called `name` in `FEEDBACKS`, with `options`.

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
    """Angle in degrees between feedback and weights, each taken as one vector of all entries; NaN if one of them is zero.

    Parameters
    ----------
    weights, feedback : sequence of arrays
        Forward weights and feedback weights, layer by layer in the same shapes.
    """
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
