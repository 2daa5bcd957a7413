"""Execution of a program that learns: samples run one after the other, and synapses are recorded in between."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.emulator.guard import added
from neurosim.backends.emulator.session import Session
from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.probes import SynapseProbe
from neurosim.program.signals import complete_signals
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace
from neurosim.results.weight_trace import weight_trace


def run_learning(
    program: Program,
    steps: int,
    fed: Mapping[str, Any],
    probes: Sequence[tuple[str, str]],
    arithmetic: str | None,
    signals: Mapping[str, Any],
    watch: Sequence[SynapseProbe],
) -> Recording:
    """Run all samples and return the recording; arguments are those of `emulate`, with complete inputs."""
    from neurosim.backends.emulator.rule_layout import listeners

    session = Session(program, arithmetic=arithmetic)
    samples = max((len(raster) for raster in fed.values()), default=1)
    given = complete_signals(listeners(program), samples, steps, signals)
    looks = _Looks(session, _complete(program, watch))
    parts, started = [], (time.perf_counter(), time.process_time())
    for sample in range(samples):
        session.rest()
        bounds = looks.bounds(sample * steps, steps)
        for first, last in zip(bounds, bounds[1:], strict=False):
            looks.take(sample * steps + first)
            here = slice(first, last)
            inputs = {name: raster[sample, here] for name, raster in fed.items()}
            now = {f"{projection}.{name}": values[sample, here] for (projection, name), values in given.items()}
            parts.append((sample, first, session.run(last - first, inputs=inputs, signals=now, probes=probes)))
        session.end_sample()
    looks.take(samples * steps, last=True)
    seconds = {"wall": time.perf_counter() - started[0], "cpu": time.process_time() - started[1]}
    return _joined(parts, samples, steps, looks, seconds)


def _complete(program: Program, watch: Sequence[SynapseProbe]) -> list[SynapseProbe]:
    """The requested probes after a check, and probes of the final weights of every plastic projection."""
    known = {p.name: p for p in program.projections}
    for probe in watch:
        if probe.projection not in known:
            raise NetworkError("watch: " + unknown_name("projection", probe.projection, known))
    asked = {probe.projection for probe in watch if probe.variable == "w"}
    plastic = [name for name, p in known.items() if p.rule is not None]
    return [*watch, *(SynapseProbe(name, "w", 0) for name in plastic if name not in asked)]


class _Looks:
    """Recorder of the watched variables and their times."""

    def __init__(self, session: Session, watch: Sequence[SynapseProbe]) -> None:
        self._session = session
        self._watch = watch
        self._seen: dict[SynapseProbe, list[tuple[int, Any]]] = {probe: [] for probe in watch}
        self._plastic = {p.name for p in session.program.projections if p.rule is not None}

    def bounds(self, before: int, steps: int) -> list[int]:
        """Steps of a sample at which a variable is recorded, and the ends of the sample."""
        times = {k for probe in self._watch if probe.every for k in range(-before % probe.every, steps, probe.every)}
        return sorted({0, steps} | times)

    def take(self, at: int, last: bool = False) -> None:
        """Record the variables that are due before step `at`."""
        for probe, seen in self._seen.items():
            # Fixed weights have no final values, because Brian2 records none either.
            ends = probe.projection in self._plastic or not probe.every
            due = ends if last else probe.every and at % probe.every == 0
            if due:
                seen.append((at, self._value(probe)))

    def _value(self, probe: SynapseProbe) -> Any:
        if probe.variable == "w":
            found: Any = self._session.weights(probe.projection)
            shift = self._session.shift(probe.projection)
            return found if shift == 1 else found / shift
        return self._session.variable(probe.projection, probe.variable)

    def traces(self, weights: bool) -> dict[SynapseProbe, WeightTrace]:
        """Recorded traces by probe: those of w, or all others."""
        chosen = {probe: seen for probe, seen in self._seen.items() if (probe.variable == "w") == weights}
        return {probe: weight_trace(seen) for probe, seen in chosen.items()}


def _joined(
    parts: Sequence[tuple[int, int, Recording]], samples: int, steps: int, looks: _Looks, seconds: Mapping[str, float]
) -> Recording:
    recordings = [recording for _, _, recording in parts]
    first, shape = recordings[0], (samples, steps, -1)
    return replace(
        first,
        steps=steps,
        samples=samples,
        spikes={name: _spikes(name, parts) for name in first.spikes},
        states={key: np.concatenate([r.states[key][0] for r in recordings]).reshape(shape) for key in first.states},
        weights={probe.projection: trace for probe, trace in looks.traces(weights=True).items()},
        synapses={(p.projection, p.variable): trace for p, trace in looks.traces(weights=False).items()},
        info={**first.info, "seconds": seconds, **_counted(recordings)},
    )


def _counted(recordings: Sequence[Recording]) -> dict[str, Any]:
    """The sum of the overflows of all parts, if they are counted."""
    found = [r.info["overflows"] for r in recordings if "overflows" in r.info]
    return {"overflows": added(found)} if found else {}


def _spikes(name: str, parts: Sequence[tuple[int, int, Recording]]) -> Spikes:
    trains = [recording.spikes[name] for _, _, recording in parts]
    return Spikes(
        np.concatenate([np.full(len(t), sample, np.int32) for (sample, _, _), t in zip(parts, trains, strict=True)]),
        np.concatenate([t.step + np.int32(before) for (_, before, _), t in zip(parts, trains, strict=True)]),
        np.concatenate([t.neuron for t in trains]),
        np.concatenate([t.payload for t in trains]),
    )
