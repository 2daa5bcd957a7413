"""Calibration: exponents, scales and clips of a deployment, chosen so that it drifts least on sample data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.backends.calibrated import Calibration
from neurosim.backends.deployment import Deployment, deploy
from neurosim.backends.drift import Given
from neurosim.backends.sample_answers import Samples
from neurosim.checks.described import checked
from neurosim.chip.quantise.receptors import is_further
from neurosim.chip.quantise.weights import largest_size
from neurosim.chip.report import Loss
from neurosim.errors import QuantisationError, UnsupportedError, UsageError, shown
from neurosim.network.network import Network
from neurosim.terminal.progress import fraction_bar

if TYPE_CHECKING:
    from neurosim.chip.target import Target

CLIPS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""Clips that are tried, as fractions of the largest weight of a projection."""
SCALES = (0.5, 2.0, 0.25, 4.0, 0.8, 0.9, 1.1, 1.25)
"""Factors of a population's scale that are tried; those that are powers of two only move exponents."""

_ENOUGH = 0.9
"""Drift on held-back samples, by that of the default, up to which a choice is worth it."""


@dataclass(frozen=True)
class Choice:
    """Clips of projections, and factors of the scales of populations."""

    clips: Mapping[str, float] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)


@checked
def calibrate(
    network: Network,
    target: str | Path | Target = "loihi2",
    *,
    duration: Any,
    images: Any = None,
    labels: Any = None,
    signals: Mapping[str, Any] | None = None,
    readout: str | None = None,
    weight_bits: int | None = None,
    allow: Set[str] = frozenset(),
    budget: int = 80,
    progress: bool = True,
) -> Deployment:
    """Deploy with the clips and scales that drift least from float on sample data.

    One clip or scale after the other is changed, and a change that lowers the drift stays. Every third sample is held back. If
    the choice does not drift at least a tenth less there than the default, or if it answers fewer of them or of all samples
    right, the default is kept.

    Parameters
    ----------
    network : Network
        The network to deploy.
    target, weight_bits, allow
        As for `neurosim.deploy`.
    duration, images, signals
        As for `Deployment.emulate`; without images, the run is cut into pieces, which are the samples.
    labels : array (samples,), optional
        The right answers.
    readout : str, optional
        Population whose answers count; the last one by default.
    budget : int
        Largest number of deployments to try.
    progress : bool
        Whether to show a progress bar on a terminal if the search takes more than two seconds.

    Returns
    -------
    Deployment
        Its `calibration` says what was chosen, before and after; the report has an entry, too.

    Raises
    ------
    UsageError
        If there are fewer than three samples, or the budget is no positive number.
    QuantisationError, UnsupportedError
        As for `neurosim.deploy`.
    """
    if budget < 1:
        raise UsageError(f"calibrate: budget = {shown(budget)}; expected at least one deployment to try.")
    default = deploy(network, target, weight_bits=weight_bits, allow=allow)
    samples = Samples(default, Given(duration, images, labels, signals), readout)
    search = _Search(default, samples, {"weight_bits": weight_bits, "allow": allow})
    with fraction_bar(f"calibrating {network.name}", progress) as bar:
        for done in search.steps(budget):
            bar(done / budget)
    return search.found()


def _with_entry(deployment: Deployment, found: Calibration) -> Deployment:
    entry = Loss("note", deployment.network.name, "calibration", 0.0, 0.0, str(found))
    report = replace(deployment.report, losses=(entry, *deployment.report.losses))
    return replace(deployment, report=report, calibration=found)


class _Search:
    """Coordinate descent over clips and scales."""

    def __init__(self, default: Deployment, samples: Samples, options: Mapping[str, Any]) -> None:
        self._default, self._samples, self._options = default, samples, options
        self._before = samples.answers(default)
        self._choice, self._chosen, self._drift = Choice(), default, self._before[0].drift
        self._tried = 0

    def steps(self, budget: int) -> Iterator[int]:
        """Try changes until the budget is spent or none is better; yields how many were tried."""
        better = True
        while better:
            before = self._drift
            for coordinate in self._coordinates():
                for choice in coordinate:
                    if self._tried >= budget:
                        return
                    self._try(choice)
                    yield self._tried
            better = self._drift < before

    def _coordinates(self) -> Iterator[list[Choice]]:
        """The choices along each coordinate, with all others as they are now."""
        program = self._default.float_program
        for projection in program.projections:
            if projection.rule is None and not projection.transposed and not is_further(program, projection):
                largest = largest_size(projection.weights)
                yield [self._clipped(projection.name, fraction * largest) for fraction in CLIPS if largest > 0]
        for population in program.populations:
            if not population.neuron.is_source:
                yield [self._scaled(population.name, factor) for factor in SCALES]

    def _clipped(self, name: str, clip: float) -> Choice:
        return replace(self._choice, clips={**self._choice.clips, name: clip})

    def _scaled(self, name: str, factor: float) -> Choice:
        return replace(self._choice, scales={**self._choice.scales, name: factor})

    def _try(self, choice: Choice) -> None:
        self._tried += 1
        try:
            tried = deploy(
                self._default.network, self._default.target, clip=choice.clips, scales=choice.scales, **self._options
            )
        except (QuantisationError, UnsupportedError):
            return
        drift = self._samples.answers(tried)[0].drift
        if drift < self._drift:
            self._choice, self._chosen, self._drift = choice, tried, drift

    def found(self) -> Deployment:
        """The chosen deployment if it is no worse on samples that were held back, or else the default, with what was chosen."""
        before, after = self._before, self._samples.answers(self._chosen)
        right = self._samples.right(self._chosen), self._samples.right(self._default)
        better = after[1].drift < _ENOUGH * before[1].drift and all(now >= first for now, first in zip(*right, strict=True))
        calibration = Calibration(
            clips=self._choice.clips, scales=self._choice.scales, before=before[0], after=after[0], held_before=before[1],
            held_after=after[1], tried=self._tried, accepted=better,
        )  # fmt: skip
        return _with_entry(self._chosen if better else self._default, calibration)
