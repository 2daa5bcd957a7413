"""A running network that writes its recording to a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurosim.backends.running.pieces import added, joined
from neurosim.network.network import Network
from neurosim.network.probes import SynapseProbe
from neurosim.results.recording import Recording
from neurosim.results.recording_stream import Form, Looks, RecordingStream

_WAIT, _BYTES = 1.0, 1 << 24
"""Seconds of wall time, and bytes, after which pieces that wait are written together."""
Seen = Mapping[SynapseProbe, Any]


class Output:
    """The file of a run; pieces of the run are written together once in a second, or sooner if they are large.

    Parameters
    ----------
    path : path
        File to write.
    form : Form
        What will be recorded.
    clock : function
        Function that returns seconds.
    """

    def __init__(self, path: str | Path, form: Form, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = RecordingStream(path, form), clock
        self._waiting: list[Recording] = []
        self._looks: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self._info: dict[str, Any] = {}
        self._last = clock()

    @property
    def path(self) -> Path:
        """The file."""
        return self._stream.path

    def add(self, piece: Recording, looks: Mapping[SynapseProbe, list[tuple[int, Any]]]) -> None:
        """Write a piece, now or soon; looks are taken out of their lists."""
        self._waiting.append(piece)
        for probe, seen in looks.items():
            self._looks.setdefault((probe.projection, probe.variable), []).extend(seen)
            seen.clear()
        if self._clock() - self._last > _WAIT or sum(map(_size, self._waiting)) > _BYTES:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        if self._waiting:
            piece = joined(self._waiting, {})
            self._waiting.clear()
            self._info = {**piece.info, **_total(self._info, piece.info)}
            self._stream.append(piece, self._looks)
            self._looks.clear()
        self._last = self._clock()

    def close(self, ends: Looks) -> None:
        """Write what waits and the values at the end, and seal the file."""
        self.write()
        self._stream.close(ends, self._info)


def _size(piece: Recording) -> int:
    return sum(x.nbytes for x in piece.states.values()) + 16 * sum(len(train) for train in piece.spikes.values())


def _total(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Overflows of all pieces."""
    counts = [info["overflows"] for info in (before, now) if "overflows" in info]
    return {"overflows": added(counts)} if counts else {}


def form_of(network: Network, values: Seen, info: Mapping[str, Any]) -> Form:
    """What a run of `network` will record; `values` are those of its probes of synapses."""
    probes = [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]
    thinnings, each = network.thinnings(), {(p.of, p.variable): p.neurons for p in probes}
    widths = {key: network.population(key[0]).n if some is None else len(some) for key, some in each.items()}
    for key, how in thinnings.items():
        widths[key] = 1 if "neurons" in how.over else widths[key]
    return Form(
        dt=network.step_seconds,
        sizes={p.name: p.n for p in network.populations},
        states=widths,
        thinned=frozenset(thinnings),
        synapses={(probe.projection, probe.variable): value for probe, value in values.items()},
        info=info,
    )
