"""Assembly of the samples of a run into a Recording."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim._version import __version__
from neurosim.backends.brian2.read import Sample
from neurosim.backends.brian2.targets import Job
from neurosim.network.inputs import Raster
from neurosim.network.network import Network
from neurosim.network.probes import synapse_steps
from neurosim.processes.stopwatch import Seconds
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace
from neurosim.results.thinned import thinned
from neurosim.results.weight_trace import as_stored, fixed_weights


def recording(network: Network, job: Job, samples: list[Sample], details: Mapping[str, Any]) -> Recording:
    """The recording of all samples; `details` become its info."""
    learned = {key: _trace(key, job, samples) for key in samples[0].ends}
    whole = Recording(
        dt=network.step_seconds,
        steps=job.steps,
        samples=job.samples,
        sizes={p.name: p.n for p in network.populations},
        spikes={p.name: _spikes(p.name, job.rasters, samples) for p in network.populations},
        states={key: np.stack([s.states[key] for s in samples]) for key in samples[0].states},
        weights=_fixed_weights(network, job) | _learned(network, learned),
        synapses={key: trace for key, trace in learned.items() if key[1] != "w"},
        info=details,
    )
    return thinned(whole, network.thinnings())


def _spikes(name: str, rasters: Mapping[str, Raster], samples: list[Sample]) -> Spikes:
    if name in rasters:
        return Spikes.from_raster(rasters[name])
    trains = [s.spikes.get(name, (np.zeros(0, np.int32),) * 3) for s in samples]
    sample = np.repeat(np.arange(len(trains), dtype=np.int32), [len(step) for step, _, _ in trains])
    return Spikes(sample, *(np.concatenate(parts) for parts in zip(*trains, strict=True)))


def _trace(key: tuple[str, str], job: Job, samples: list[Sample]) -> WeightTrace:
    """Values of a probed variable at the steps that its probe wants, counted through all samples, and at the end."""
    steps, values = [], []
    for watch in (w for w in job.request.watches if w.key == key):
        for k, (at, found) in enumerate(sample.synapses[key] for sample in samples):
            wanted = (k * job.steps + at) % watch.probe.every == 0
            steps.append(k * job.steps + at[wanted])
            values.append(found[wanted])
    end = np.array([len(samples) * job.steps])
    return WeightTrace(np.concatenate([*steps, end]).astype(np.int64), np.concatenate([*values, samples[-1].ends[key][None]]))


def _learned(network: Network, traces: Mapping[tuple[str, str], WeightTrace]) -> dict[str, WeightTrace]:
    """Weights that learned, stored as the projection is."""
    own = {projection: trace for (projection, variable), trace in traces.items() if variable == "w"}
    return {projection: as_stored(trace, network.weights(projection)) for projection, trace in own.items()}


def _fixed_weights(network: Network, job: Job) -> dict[str, WeightTrace]:
    """Fixed weights at the probed steps, as a broadcast view that takes no memory."""
    traces = {}
    plastic = {w.name for w in job.request.blueprint.plastic}
    for probe in (p for p in network.probes if network.records_synapses(p) and p.of not in plastic):
        every = synapse_steps(probe, network.step_seconds)
        matrix = network.weights(network.projection(probe.of))
        traces[probe.of] = fixed_weights(matrix, np.arange(0, job.steps, every))
    return traces


def info(network: Network, setting: Mapping[str, str], seconds: Mapping[str, Seconds]) -> dict[str, Any]:
    """Information about the run for `Recording.info`: engine, setting, versions, seed and time taken."""
    versions = {name: importlib.metadata.version(name) for name in ("brian2", "numpy")}
    return {
        "engine": "brian2",
        "network": network.name,
        **network.about,
        **setting,
        "versions": {"neurosim": __version__, **versions},
        "seed": network.seed,
        "plastic": [p.name for p in network.projections if p.plasticity is not None],
        "seconds": {part: spent._asdict() for part, spent in seconds.items()},
    }
