"""Drift of a network on a chip: what each cause changes on its own, one after the other, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.analysis.drift_measures import Change, Measures, Subject, rms
from neurosim.analysis.drift_parts import CauseDrift, Drifted
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.terminal.tables import TextTable


@dataclass(frozen=True)
class Drift(Drifted):
    """Drift of a network on a chip; ``print`` it for the table.

    Its attributes are those of `neurosim.analysis.drift_parts.Drifted`.
    """

    def table(self) -> TextTable:
        """One row per cause, then the total; it can be printed, or shown on a console of rich."""
        from neurosim.analysis.drift_view import table

        return table(self)

    def plot(self) -> Figure:
        """Bars of the causes and the total, and a membrane in float and on the chip around the first spike that differs."""
        from neurosim.analysis.drift_view import figure

        return figure(self)

    def __str__(self) -> str:
        return str(self.table())


def drift_from(
    names: tuple[str, str],
    subject: Subject,
    alone: Sequence[Change],
    in_order: Sequence[Change],
    further: Sequence[Change],
    notes: Sequence[str],
) -> Drift:
    """Measure the causes from their runs.

    Parameters
    ----------
    names : (network, target)
        What was run.
    alone, in_order : sequence of Change
        The same causes: each on its own, and each from the runs of the one before to its own. The first run of `in_order` is
        in float, the last one in the integers of the chip.
    further : sequence of Change
        Changes outside of the total.
    """
    base, chip = in_order[0].before, in_order[-1].after
    runs = [run for change in (*alone, *in_order) for run in (*change.before, *change.after)]
    measures = Measures(subject, base[0], runs)
    total = Change("total", base, chip)
    wanted = measures.rates(chip) - measures.rates(base)
    changes = [_moved(measures, c) for c in alone]
    ordered = [_projected(_moved(measures, c), wanted) for c in in_order]
    causes = [
        _row(measures, change, _projected(moved, wanted), later)
        for change, moved, later in zip(alone, changes, ordered, strict=True)
    ]
    before, after = measures.accuracy(base), measures.accuracy(chip)
    return Drift(
        *names,
        causes=tuple(causes),
        total=_row(measures, total, _projected(wanted, wanted), _projected(wanted, wanted)),
        further=tuple(_outside(subject, c) for c in further),
        notes=tuple(notes),
        rate=float(measures.rates(base).mean()) if measures.rates(base).size else 0.0,
        accuracy=None if before is None or after is None else (before, after),
        interaction=_left(np.sum(changes, axis=0), wanted),
        float_run=base[0],
        chip_run=chip[0],
    )


def _moved(measures: Measures, change: Change) -> FloatArray:
    return measures.rates(change.after) - measures.rates(change.before)


def _projected(moved: FloatArray, total: FloatArray) -> float | None:
    size = float(total @ total)
    return float(moved @ total) / size if size else None


def _left(found: FloatArray, total: FloatArray) -> float | None:
    size = float(np.linalg.norm(total))
    return float(np.linalg.norm(total - found)) / size if size else None


def _outside(subject: Subject, change: Change) -> CauseDrift:
    """A change outside of the total, on the samples that it has; membranes where both runs recorded them."""
    runs = (*change.before, *change.after)
    labels = None if subject.labels is None else np.asarray(subject.labels)[: runs[0].samples]
    levels = {name: level for name, level in subject.levels.items() if all((name, "v") in run.states for run in runs)}
    own = replace(subject, labels=labels, levels=levels)
    return _row(Measures(own, change.before[0], runs), change)


def _row(measures: Measures, change: Change, share: float | None = None, later: float | None = None) -> CauseDrift:
    membranes, weights, (before, after) = (
        measures.membrane(change.after) - measures.membrane(change.before),
        measures.weights(change.after) - measures.weights(change.before),
        (measures.accuracy(change.before), measures.accuracy(change.after)),
    )
    return CauseDrift(
        cause=change.cause,
        spikes=measures.spikes(change),
        rate=rms(_moved(measures, change)),
        membrane=rms(membranes) if membranes.size else None,
        weights=rms(weights) if weights.size else None,
        accuracy=None if before is None or after is None else after - before,
        share=share,
        share_in_order=later,
        exact=[id(r) for r in change.before] == [id(r) for r in change.after],
    )
