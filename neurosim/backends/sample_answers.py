"""What a deployed network answers to samples, against the same network in float."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.analysis.comparison_parts import right_answers
from neurosim.backends.calibrated import Answers
from neurosim.backends.drift import Given, told
from neurosim.backends.running.whole import emulated
from neurosim.errors import UsageError
from neurosim.network.probes import Probe
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.backends.deployment import Deployment

_PIECES = 12
"""Pieces of a run that has no samples."""
_HELD = 3
"""Every so many samples, one is held back."""


class Samples:
    """Sample data, divided into samples of a search and samples that are held back.

    Raises
    ------
    UsageError
        If there are fewer than three samples.
    """

    def __init__(self, deployment: Deployment, given: Given, readout: str | None) -> None:
        self._network, self._given = deployment.network, given
        self._program = deployment.float_program
        self._name = self._network.population(readout or self._network.populations[-1].name, "calibrate: readout").name
        count = len(self._float)
        if count < _HELD:
            raise UsageError(f"calibrate: found {count} samples; expected at least {_HELD}, because some are held back.")
        right_answers(given.labels, count, "calibrate")
        self._held = np.arange(count) % _HELD == _HELD - 1

    def answers(self, deployment: Deployment) -> tuple[Answers, Answers]:
        """Answers of a deployment to the samples of the search, and to those that are held back."""
        found = self._answered(deployment.program, "fixed")
        return self._judged(found, ~self._held), self._judged(found, self._held)

    def right(self, deployment: Deployment) -> tuple[float, float]:
        """Fraction of right answers to all samples, and to those that are held back; 0 without labels."""
        if self._given.labels is None:
            return 0.0, 0.0
        hits = self._answered(deployment.program, "fixed").argmax(axis=1) == np.asarray(self._given.labels)
        return float(hits.mean()), float(hits[self._held].mean())

    def _judged(self, found: FloatArray, here: Any) -> Answers:
        wanted, has = self._float[here], found[here]
        size = float(np.mean(wanted**2)) or 1.0
        drift = float(np.mean((has - wanted) ** 2)) / size
        if self._given.labels is None:
            return Answers(drift, None)
        return Answers(drift, float(np.mean(has.argmax(axis=1) == np.asarray(self._given.labels)[here])))

    @cached_property
    def _float(self) -> FloatArray:
        return self._answered(self._program, "float")

    @cached_property
    def _spikes(self) -> bool:
        """Whether the readout answers with spikes."""
        run = self._run(self._program, "float", [])
        model: Any = self._network.population(self._name).model
        return len(run.spikes[self._name]) > 0 or "v" not in model.variables

    def _answered(self, program: StepProgram | FixedProgram, arithmetic: str) -> FloatArray:
        """Spike counts or highest voltages, (samples, n)."""
        if self._spikes:
            raster = self._run(program, arithmetic, [])
            return raster.counts(self._name).astype(np.float64) if raster.samples > 1 else self._pieces(raster)
        values = self._run(program, arithmetic, [Probe(self._name, "v")]).states[self._name, "v"]
        pieces = values if len(values) > 1 else np.stack(_cut(values[0]))
        return np.asarray(pieces.max(axis=1))

    def _pieces(self, run: Any) -> FloatArray:
        return np.stack([piece.sum(axis=0) for piece in _cut(run.raster(self._name)[0])]).astype(np.float64)

    def _run(self, program: StepProgram | FixedProgram, arithmetic: str, probes: list[Probe]) -> Any:
        network = replace(self._network, probes=probes)
        return emulated(network, program, arithmetic, self._given.duration, **told(network, self._given))


def _cut(rows: Any) -> list[Any]:
    """Pieces of equal length; what does not fill a piece is left out."""
    length = max(1, len(rows) // _PIECES)
    return [rows[k : k + length] for k in range(0, len(rows) - length + 1, length)]
