"""Export of a recording to a file in Neurodata Without Borders (NWB)."""

from __future__ import annotations

import os
import uuid
from datetime import datetime, timezone
from typing import Any

import numpy as np

from neurosim.errors import UsageError, shown
from neurosim.files.atomic import atomic_write
from neurosim.results.optional import needed
from neurosim.results.recording_labels import state_labels
from neurosim.results.run_data import RunData, info_json

_UNITS = {"volt": "volts", "amp": "amperes", "siemens": "siemens", "1": "n.a.", "": "SI"}


def to_nwb(recording: RunData, path: str | os.PathLike[str], start: datetime | None) -> None:
    """Write the file; see `neurosim.results.recording.Recording.to_nwb`."""
    pynwb = needed("pynwb", "nwb", "to_nwb")
    when = datetime.now(timezone.utc) if start is None else start
    if not isinstance(when, datetime) or when.tzinfo is None:
        raise UsageError(f"Recording.to_nwb: start = {shown(start)}; expected a datetime with a time zone.")
    info = info_json(recording.info)
    file = pynwb.NWBFile(
        session_description=f"Simulation of the network {recording.info.get('network', '')!r} by neurosim",
        identifier=str(uuid.uuid4()),
        session_start_time=when,
        notes=info,
    )
    _add_samples(file, recording)
    _add_spikes(file, recording)
    for key, label in state_labels(recording.states).items():
        file.add_acquisition(_series(pynwb, recording, *key, label))
    with atomic_write(path) as partial, pynwb.NWBHDF5IO(str(partial), "w") as out:
        out.write(file)


def _seconds(recording: RunData) -> float:
    return recording.steps * recording.dt


def _add_samples(file: Any, recording: RunData) -> None:
    """Samples become trials, one after the other."""
    each = _seconds(recording)
    for k in range(recording.samples):
        file.add_trial(start_time=k * each, stop_time=(k + 1) * each)


def _add_spikes(file: Any, recording: RunData) -> None:
    file.add_unit_column("population", "name of the population of the neuron")
    file.add_unit_column("neuron", "number of the neuron in its population, from 0")
    whole = [[0.0, recording.samples * _seconds(recording)]]
    for name in recording.spikes:
        n = recording.sizes[name]
        train = recording.spikes[name]
        times = (train.sample.astype(np.int64) * recording.steps + train.step) * recording.dt
        order = np.lexsort((times, train.neuron))
        ends = np.cumsum(np.bincount(train.neuron, minlength=n))[:-1]
        for neuron, own in enumerate(np.split(times[order], ends)):
            file.add_unit(spike_times=own, obs_intervals=whole, population=name, neuron=neuron)


def _series(pynwb: Any, recording: RunData, name: str, variable: str, label: str) -> Any:
    values, steps = recording.states[name, variable], recording.steps_of(name, variable)
    times = (np.arange(recording.samples)[:, None] * recording.steps + steps).ravel() * recording.dt
    unit = recording.unit_of(name, variable)
    return pynwb.TimeSeries(
        name=label,
        data=values.reshape(-1, values.shape[2]),
        unit=_UNITS.get(unit, unit),
        timestamps=times,
        description=f"{variable} of {name}, one column per probed neuron, after the update of each step",
    )
