"""Losses by a negative weight exponent: the chip rounds the synaptic input down, separately for each delay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.chip.quantise.weights import values
from neurosim.chip.report import Loss
from neurosim.program.fixed import RELEASE_BITS, FixedProgram, FixedProjection
from neurosim.program.step import StepProgram
from neurosim.units import FloatArray

_TELLING = 0.01
"""Mean loss, as a fraction of the mean weight, from which a projection is listed."""


def arrival_losses(described: StepProgram, program: FixedProgram) -> Iterator[Loss]:
    """One entry per projection whose input is rounded down noticeably, with the weight that has the largest relative error."""
    for projection in program.projections:
        if projection.weight_exp < 0 and not projection.transposed:
            scale = program.population(projection.post).scale_at(projection.receptor)
            gain = described.population(projection.post).neuron.gain_at(projection.receptor)
            yield from _loss(projection, scale, float(np.max(np.abs(gain))))


def _loss(projection: FixedProjection, scale: float, gain: float) -> Iterator[Loss]:
    exact = _exact(projection)
    got = np.floor(exact)
    if not exact.size or np.mean(exact - got) < _TELLING * np.mean(np.abs(exact)):
        return
    worst = int(np.argmax((exact - got) / np.abs(exact)))
    wanted, has = exact[worst] / scale / gain, got[worst] / scale / gain
    share = 100 * float(np.mean(exact - got) / np.mean(np.abs(exact)))
    most = 100 / float(np.mean(np.abs(exact)))
    parts = " of each delay" if np.ndim(projection.delays) else ""
    text = (
        f"its weight exponent is {projection.weight_exp}, so the chip rounds the sum{parts} that arrives in a step down to "
        f"whole units: a single spike loses {share:.3g} % of the mean weight on average and at most {most:.3g} %, always "
        f"toward inhibition; a described weight of {wanted:.4g} acts as {has:.4g}{_times(wanted, has)}. Use weights of similar "
        f"size in all projections to {projection.post!r}, or lower its threshold relative to the weights."
    )
    yield Loss("rounding", projection.name, "arriving sums", float(wanted), float(has), text)


def _exact(projection: FixedProjection) -> FloatArray:
    """Exact input of a single spike over each synapse, in units of the current."""
    stored = np.asarray(values(projection.stored_weights), np.float64).ravel()
    payload = (1 << RELEASE_BITS) - 1 if projection.release else 1
    return np.asarray(np.unique(stored[stored != 0]) * payload * 2.0**projection.weight_exp)


def _times(wanted: float, got: float) -> str:
    return f", {got / wanted:.3g} times as much" if wanted < 0 else ""
