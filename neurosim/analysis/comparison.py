"""Comparison of two recordings of the same network: where they differ, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurosim.analysis import comparison_parts as parts
from neurosim.analysis.comparison_parts import (
    Compared,
    OverflowComparison,
    Place,
    PopulationComparison,
    ReadoutComparison,
    StateComparison,
    in_both,
)
from neurosim.checks.described import checked
from neurosim.display.short import LONGEST, cut
from neurosim.errors import NetworkError
from neurosim.results.form import check_once
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.terminal.tables import TextTable


_SHOWN = 6
"""Populations that a short text names."""


@dataclass(frozen=True)
class Comparison(Compared):
    """Result of `compare`.

    Attributes
    ----------
    a, b : Recording
        The recordings that were compared; `a` is the reference.
    populations : tuple
        One entry per population: its name, whether all spikes are `equal`, the `first` that differs (sample, step, neuron), how
        many are `shared` and `only_a` or `only_b`, the `agreement`, `rate_a` and `rate_b`.
    states : tuple
        One entry per state or weight matrix that both recorded: `max_error` and its place `worst`, and `rms_error`.
    readout : ReadoutComparison or None
        Comparison of predictions, if a readout was named.
    uncompared : tuple of str
        States and weights that only one of them recorded.
    overflows : tuple
        Overflows of registers, for populations that had any.
    """

    def __repr__(self) -> str:
        shared = ", ".join(f"{p.population} {100 * p.agreement:.4g} %" for p in self.populations[:_SHOWN])
        more = f" and {len(self.populations) - _SHOWN} more" if len(self.populations) > _SHOWN else ""
        answer = "all spikes equal" if self.identical else f"spikes shared: {shared}{more}"
        return cut(f"<Comparison of a: {_named(self.a)} and b: {_named(self.b)}; {answer}>", LONGEST)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def table(self) -> TextTable:
        """The result as a table, which can be printed, or shown on a console of rich."""
        from neurosim.analysis.comparison_view import table

        return table(self)

    def figure(self) -> Figure:
        """Figure of the spikes with differences marked, the rates of both runs, and the state with the largest error."""
        from neurosim.analysis.comparison_view import figure

        return figure(self)


def _named(recording: Recording) -> str:
    return " ".join(str(recording.info[key]) for key in ("network", "engine") if key in recording.info) or "recording"


@checked
def compare(a: Recording, b: Recording, *, readout: str | None = None, labels: Any = None) -> Comparison:
    """Compare two runs of the same network on the same inputs.

    Parameters
    ----------
    a, b : Recording
        Recordings to compare; `a` is the reference.
    readout : str, optional
        Population whose most active neuron is the prediction for a sample.
    labels : array (samples,), optional
        True classes, to compute the accuracy of both.

    Raises
    ------
    NetworkError
        If the recordings differ in time step, length, samples, populations or probes; the message names the difference.
    UsageError
        If labels are given without a readout, or their number is not one per sample.
    """
    _check_fit(a, b)
    return Comparison(
        a=a,
        b=b,
        populations=tuple(parts.population(a, b, name) for name in a.spikes),
        states=(*parts.states(a, b), *parts.weights(a, b)),
        readout=parts.readout(a, b, readout, labels),
        uncompared=_uncompared(a, b),
        overflows=tuple(parts.overflows(a, b)),
    )


_SAME: Mapping[str, Callable[[Recording], Any]] = {
    "dt (s)": lambda r: round(r.dt, 15),
    "steps": lambda r: r.steps,
    "samples": lambda r: r.samples,
    "populations": lambda r: sorted(r.spikes),
    "sizes": lambda r: dict(sorted(r.sizes.items())),
}


def _check_fit(a: Recording, b: Recording) -> None:
    for each in (a, b):
        check_once(each.spikes, each.samples, each.steps, each.sizes)
    for what, read in _SAME.items():
        found, other = read(a), read(b)
        if found != other:
            raise NetworkError(
                f"compare: the recordings differ in {what}: {found} and {other}; "
                "record both with the same network, duration and number of samples."
            )
    shapes = {
        f"{key[0]}.{key[1]}": (a.states[key].shape, b.states[key].shape) for key in in_both(a.states, b.states)
    } | {key: (a.weights[key].values.shape, b.weights[key].values.shape) for key in in_both(a.weights, b.weights)}
    for what, (one, two) in shapes.items():
        if one != two:
            raise NetworkError(
                f"compare: {what} has shape {one} in the first recording and {two} in the second; use the same probes."
            )


def _uncompared(a: Recording, b: Recording) -> tuple[str, ...]:
    states = {f"{name}.{variable}" for name, variable in set(a.states) ^ set(b.states)}
    return tuple(sorted(states | {f"{name}.w" for name in set(a.weights) ^ set(b.weights)}))


__all__ = [
    "Comparison",
    "OverflowComparison",
    "Place",
    "PopulationComparison",
    "ReadoutComparison",
    "StateComparison",
    "compare",
]
