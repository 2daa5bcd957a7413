"""What a run gives back, whichever execution ran: spikes, states and weights over time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.results import neo, recording_file
from neurosim.results.run_data import RunData


@dataclass(frozen=True)
class Recording(RunData):
    """Spikes, states and weights of a run.

    Attributes
    ----------
    dt : float
        Seconds a step.
    steps, samples : int
        Length and number of independent samples.
    sizes : mapping
        Population -> n.
    spikes : mapping
        Population -> Spikes.
    states : mapping
        (population, variable) -> array (samples, steps, n or the probed neurons), in SI units, after the update of the step.
        Asking for one that no probe recorded is a `NotRecordedError`, which is a KeyError too.
    weights : mapping
        Projection -> WeightTrace of w; of a plastic projection always, and then the last one is from after the run.
    synapses : mapping
        (projection, variable) -> WeightTrace of "tag", "aux" or a trace of its rule.
    info : mapping
        Engine, arithmetic, versions, seed, seconds; plain JSON values. Of chip integers on the emulator also "overflows":
        population -> register -> how many (sample, step, neuron) left it, see `neurosim.backends.emulator.overflow.COUNTS`; an
        empty mapping says that none did. Lava does not count, and float has no limits: they have no such entry.
    """

    def save(self, path: str | Path) -> None:
        """Write one HDF5 file that opens without neurosim; see `neurosim.results.recording_file`."""
        recording_file.save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If the file is missing, truncated or no recording.
        """
        return cls(**recording_file.content(path))

    def to_neo(self) -> Any:
        """The recording as a `neo.Block`, one segment per sample (needs the extra `analysis`)."""
        return neo.to_neo(self)
