"""Data of a run; `neurosim.results.recording.Recording` adds saving and conversion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.checks.memory import check_memory
from neurosim.display.short import Short
from neurosim.errors import DataError, NetworkError, unknown_name
from neurosim.results.form import checked_parts, payload_column, whole_column
from neurosim.results.recorded import Recorded, of_spikes, of_state, of_synapse, of_weight
from neurosim.results.weight_trace import WeightTrace as WeightTrace
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Spikes(Short):
    """Spikes of one population, ordered by sample, step and neuron.

    `payload` is 1 unless spikes are graded. For neurons with the channels event and burst, it is the position in a burst: 1 for
    an event, 2 for the second spike of a burst.

    Attributes
    ----------
    sample, step, neuron, payload : array (spikes,)
        Sample and step in which each spike was emitted, its neuron, and its payload; whole numbers, counted from 0.

    Raises
    ------
    NetworkError
        If they have different lengths, or contain numbers that are not whole or are too large.
    """

    sample: NDArray[np.int32]
    step: NDArray[np.int32]
    neuron: NDArray[np.int32]
    payload: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name in ("sample", "step", "neuron"):
            object.__setattr__(self, name, whole_column(getattr(self, name), f"Spikes.{name}"))
        object.__setattr__(self, "payload", payload_column(self.payload))
        shapes = {name: np.shape(getattr(self, name)) for name in ("sample", "step", "neuron", "payload")}
        if len({*shapes.values()}) > 1 or len(shapes["step"]) != 1:
            raise NetworkError(f"Spikes: found arrays of the shapes {shapes}; expected one number per spike in each.")

    @classmethod
    def from_raster(cls, raster: Any) -> Spikes:
        """Create spikes from `raster`, an array of payloads (samples, steps, n)."""
        sample, step, neuron = np.nonzero(raster)
        payload = np.asarray(raster)[sample, step, neuron]
        return cls(*(np.asarray(a, np.int32) for a in (sample, step, neuron, payload)))

    def __len__(self) -> int:
        return len(self.step)


@dataclass(frozen=True)
class RunData(Short):
    """Spikes, states and weights of a run; see `neurosim.results.recording.Recording` for the attributes."""

    dt: float
    steps: int
    samples: int
    sizes: Mapping[str, int]
    spikes: Mapping[str, Spikes]
    states: Mapping[tuple[str, str], FloatArray] = field(default_factory=dict)
    weights: Mapping[str, WeightTrace] = field(default_factory=dict)
    synapses: Mapping[tuple[str, str], WeightTrace] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict, compare=False)
    state_steps: Mapping[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = checked_parts(self)
        for name, remedy in (("spikes", of_spikes), ("states", of_state), ("weights", of_weight), ("synapses", of_synapse)):
            object.__setattr__(self, name, Recorded(parts[name], name, remedy))
        object.__setattr__(self, "state_steps", parts["state_steps"])
        object.__setattr__(self, "dt", float(self.dt))

    def _of(self, name: str) -> Spikes:
        if name not in self.spikes:
            raise NetworkError("Recording: " + unknown_name("population", name, self.spikes))
        return self.spikes[name]

    def steps_of(self, population: str, variable: str) -> NDArray[np.int64]:
        """Steps (values,) to which the values of a probed state belong: all steps, unless its probe is thinned.

        Parameters
        ----------
        population : str
            Name of the population.
        variable : str
            Name of the probed variable.
        """
        values = self.states[population, variable]
        return self.state_steps.get((population, variable), np.arange(values.shape[1]))

    def unit_of(self, name: str, variable: str) -> str:
        """SI unit of `variable` of the population or projection `name`, by Brian2's name; "" if unknown, "1" if it has none."""
        return str(self.info.get("units", {}).get(f"{name}.{variable}", ""))

    def raster(self, name: str) -> NDArray[np.int32]:
        """Payloads of a population, shape (samples, steps, n).

        Parameters
        ----------
        name : str
            Name of the population.
        """
        spikes = self._of(name)
        size = self.samples * self.steps * self.sizes[name]
        check_memory(4 * size, f"Raster of {name!r} ({size} numbers)", "Use the spikes, counts or rates instead.")
        out = np.zeros((self.samples, self.steps, self.sizes[name]), np.int32)
        out[spikes.sample, spikes.step, spikes.neuron] = spikes.payload
        return out

    def counts(self, name: str) -> NDArray[np.int64]:
        """Spikes of each neuron, shape (samples, n).

        Parameters
        ----------
        name : str
            Name of the population.
        """
        spikes, n = self._of(name), self.sizes[name]
        check_memory(8 * self.samples * n, f"Counts of {name!r} ({self.samples} x {n} numbers)", "Use the spikes instead.")
        flat = np.bincount(spikes.sample.astype(np.int64) * n + spikes.neuron, minlength=self.samples * n)
        return flat.reshape(self.samples, n)

    def rates(self, name: str) -> FloatArray:
        """Mean rate of each neuron in Hz, shape (samples, n); NaN if the recording has no steps.

        Parameters
        ----------
        name : str
            Name of the population.
        """
        return self.counts(name) / (self.steps * self.dt if self.steps else np.nan)

    def final_weights(self) -> dict[str, Any]:
        """Final weights `(n_pre, n_post)` by projection, of all plastic projections and of those that were probed.

        They are dense arrays; ``recording.weights[name].matrix(-1)`` is a sparse matrix for a sparse projection.

        ``network.with_weights(recording.final_weights())`` is the network with these weights.
        """
        return Recorded({name: trace.values[-1] for name, trace in self.weights.items()}, "weights", of_weight)


def info_json(info: Mapping[str, Any]) -> str:
    """Convert `info` to JSON; raise DataError, which names the value, if one is not plain."""
    try:
        return json.dumps(dict(info), sort_keys=True)
    except TypeError as error:
        raise DataError(f"Recording.info contains a value that JSON cannot represent ({error}); use plain values.") from None
