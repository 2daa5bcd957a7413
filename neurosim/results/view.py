"""How a recording shows itself: a short text, tables for notebooks, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.display.html import block, table
from neurosim.display.short import LONGEST, cut, listed
from neurosim.results.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class RecordingView(RunData):
    """Base of `neurosim.results.recording.Recording`."""

    def __repr__(self) -> str:
        spikes = listed({name: len(train) for name, train in self.spikes.items()})
        others = ("states", self.states), ("weights", self.weights), ("synapses", self.synapses)
        kept = "".join(f"; {what} {_names(values)}" for what, values in others if values)
        return cut(f"<Recording {_headline(self)}; spikes {spikes or 'none'}{kept}>", LONGEST)

    def _repr_html_(self) -> str:
        rates = [(name, n, len(self.spikes[name]), _rate(self, name)) for name, n in self.sizes.items() if name in self.spikes]
        states = [(name, variable, str(v.shape), self.unit_of(name, variable)) for (name, variable), v in self.states.items()]
        traces = {**{(name, "w"): t for name, t in self.weights.items()}, **self.synapses}
        changing = [(n, v, len(t.steps), str(t.values.shape[1:]), self.unit_of(n, v)) for (n, v), t in traces.items()]
        return block(
            f"Recording {_headline(self)}",
            table(("population", "neurons", "spikes", "mean rate (Hz)"), rates),
            table(("state of", "variable", "samples, steps, neurons", "unit"), states),
            table(("synapses of", "variable", "times", "shape", "unit"), changing),
        )

    def plot(self, sample: int = 0, neurons: int = 4) -> Figure:
        """Figure of one sample: the spikes of all populations, and below them the first neurons of each probed state.

        Parameters
        ----------
        sample : int
            Number of the sample.
        neurons : int
            Largest number of probed neurons that are drawn of each state.

        Raises
        ------
        UsageError
            If there is no such sample.
        """
        from neurosim.results.picture import picture

        return picture(self, sample, neurons)

    def plot_weights(self, projection: str | None = None, most: int = 200) -> Figure:
        """Figure of the weights over time: single weights, their mean, and their distribution at the end.

        Parameters
        ----------
        projection : str, optional
            Name of a projection whose weights were recorded; all of them if left out.
        most : int
            Largest number of single weights that are drawn of a projection, evenly chosen.

        Raises
        ------
        NotRecordedError
            If the weights were not recorded; the message says how to record them.
        """
        from neurosim.results.picture import weights_picture

        return weights_picture(self, projection, most)


def _headline(recording: RunData) -> str:
    info, seconds = recording.info, recording.steps * recording.dt
    words = [f"of {info['network']!r}" if info.get("network") else "", f"on {info['engine']}" if info.get("engine") else ""]
    time = f"{seconds:g} s" if seconds >= 1 else f"{1e3 * seconds:g} ms"
    count = "" if recording.samples == 1 else f"{recording.samples} samples of "
    return " ".join(w for w in words if w) + f": {count}{time} in {recording.steps} steps"


def _names(values: Mapping[Any, Any], most: int = 5) -> str:
    names = [".".join(key) if isinstance(key, tuple) else str(key) for key in values]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _rate(recording: RunData, name: str) -> float:
    seconds: float = recording.samples * recording.steps * recording.dt * recording.sizes[name]
    return float(np.float64(len(recording.spikes[name])) / seconds) if seconds else 0.0


def shown_neurons(width: int, most: int) -> Sequence[int]:
    """Numbers of the columns that are drawn."""
    return range(min(width, max(1, most)))
