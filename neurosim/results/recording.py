"""Result of a run in any execution: spikes, states and weights over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from neurosim.checks.described import checked
from neurosim.results import neo, nwb, recording_file, xarray_form
from neurosim.results.view import RecordingView


@dataclass(frozen=True)
class Recording(RecordingView):
    """Spikes, states and weights of a run.

    Attributes
    ----------
    dt : float
        Time step in seconds.
    steps, samples : int
        Number of steps in a sample, and number of independent samples. A file of a run that did not advance has no steps.
    sizes : mapping
        Population -> number of neurons.
    spikes : mapping
        Population -> `Spikes`: sample, step, neuron and payload, each of shape (spikes,).
    states : mapping
        (population, variable) -> array (samples, steps, n or the probed neurons), in SI units, after the update of the step.
        A thinned or averaged probe has fewer steps, which `steps_of` lists, and one column for a mean over neurons. A key that
        no probe recorded raises `NotRecordedError`, which is a KeyError too.
    weights : mapping
        Projection -> WeightTrace of w. Plastic projections are always included; their last weights are those after the run.
    synapses : mapping
        (projection, variable) -> WeightTrace of "tag", "aux" or a trace of its rule.
    info : mapping
        Engine, arithmetic, versions, seed, seconds; plain JSON values. Recordings are compared (``==``) without it. Runs of the
        emulator with chip integers also have "overflows": population -> register -> number of (sample, step, neuron) in which
        it overflowed, see `neurosim.backends.emulator.overflow.COUNTS`; the mapping is empty if there were none. Runs in float
        and in Lava have no such entry, because float has no limits and Lava does not count.
    state_steps : mapping
        (population, variable) of a thinned probe -> the steps of its values; the mean over an interval stands at its last step.

    Raises
    ------
    NetworkError, UnitError
        If parts of a recording that is made by hand do not fit together, or could not be stored; the message names the part.
    """

    def save(self, path: str | Path) -> None:
        """Write one HDF5 file that opens without neurosim; see `neurosim.results.recording_file`.

        Parameters
        ----------
        path : str or path
            The file, which is replaced at once.

        Raises
        ------
        NetworkError
            If a neuron spikes twice in a step, which no file can hold.
        """
        recording_file.save(self, path)

    @classmethod
    @checked
    def load(cls, path: str | Path) -> Recording:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Raises
        ------
        DataError
            If the file is missing, truncated or not a recording.
        """
        return recording_file.load(path, cls)

    def to_neo(self) -> Any:
        """Convert the recording to a `neo.Block` with one segment per sample (needs the extra `analysis`)."""
        return neo.to_neo(self)

    def to_xarray(self) -> Any:
        """Convert the states to an `xarray.Dataset` (needs the extra `analysis`).

        Returns
        -------
        xarray.Dataset
            A variable ``<population>_<variable>`` for each probed state, with the axes ``sample``, ``time`` (s) and ``neuron``
            (the probed neurons). A state with other times or neurons than the first one has axes of its own, whose names end in
            that of the state. Variables have the attributes ``units`` (SI, by Brian2's name) and ``long_name``.
        """
        return xarray_form.to_xarray(self)

    @checked
    def to_nwb(self, path: str | Path, start: datetime | None = None) -> None:
        """Write a file in Neurodata Without Borders, version 2 (needs the extra `nwb`).

        Neurons are units with their spike times, with the columns "population" and "neuron". Samples are trials that follow
        each other. Probed states are time series. Weights are not part of the format.

        Parameters
        ----------
        path : path
            File to write; one that is there is replaced.
        start : datetime, optional
            Start of the session, with a time zone, which the format requires; now if left out.

        Raises
        ------
        UsageError
            If pynwb is not installed, or `start` has no time zone.
        """
        nwb.to_nwb(self, path, start)
