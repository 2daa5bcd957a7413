"""Inputs of a running network, drawn piece by piece; where a run is cut into pieces does not change them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from neurosim.display.short import entries
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.inputs import (
    ImageInput,
    Input,
    LabelInput,
    PoissonCounts,
    PoissonInput,
    Raster,
    SpikeArray,
    SpikeRaster,
    check_images,
)
from neurosim.network.network import Network, Population
from neurosim.neurons.timed import Timed
from neurosim.rng import stream
from neurosim.units import as_quantity

_SAVED: Mapping[str, tuple[type[Input], tuple[str, ...]]] = {
    "PoissonInput": (PoissonInput, ("rate",)),
    "PoissonCounts": (PoissonCounts, ("rate",)),
    "SpikeRaster": (SpikeRaster, ("values",)),
    "SpikeArray": (SpikeArray, ("indices", "times")),
}
"""Inputs that can be set during a run -> their arrays in a file."""


class Feeds(MutableMapping[str, Input]):
    """The inputs of a running network, by population; an input that is set begins at the present step.

    Each Poisson input has a random stream of its own. It draws one row of numbers per step, so that its spikes do not depend on
    the cuts between stretches, and equal those of `simulate`.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._sources = {p.name: p for p in network.populations if isinstance(p.model, Input)}
        # An input of images or labels is silent until one is shown.
        self._models: dict[str, Any] = {
            name: SpikeRaster(np.zeros((0, p.n), np.uint8)) if isinstance(p.model, ImageInput | LabelInput) else p.model
            for name, p in self._sources.items()
        }
        self._since = dict.fromkeys(self._sources, 0)
        self._streams = {name: stream(network.seed, "input", name, 0) for name in self._sources}
        self._set: set[str] = set()
        self._shown: set[str] = set()
        self.step = 0

    @property
    def sources(self) -> tuple[Population, ...]:
        """The input populations."""
        return tuple(self._sources.values())

    def __getitem__(self, name: str) -> Any:
        return self._models[self._known(name)]

    def __setitem__(self, name: str, given: Input) -> None:
        source = self._sources[self._known(name)]
        who = f"Running: input of {name!r}"
        if type(given).__name__ not in _SAVED:
            raise NetworkError(f"{who}: found {given!r}; expected one of {', '.join(_SAVED)}.")
        for projection in self._network.projections:
            if projection.pre == source.name:
                given.check_graded(projection.graded, f"{who}: projection {projection.name!r}")
        given.check_size(source.n, who)
        given.check_step(self._network.step_seconds, who)
        self._models[name], self._since[name] = given, self.step
        self._set.add(name)
        self._shown.discard(name)

    def __delitem__(self, name: str) -> None:
        raise NetworkError(f"Running: the input {name!r} cannot be removed; set it to SpikeArray([], []) to silence it.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def __repr__(self) -> str:
        return entries("Inputs", self)

    def show(self, image: Any, label: int | None = None) -> None:
        """Show an image (n,) of intensities 0..1, encoded from the present step on; and its label to the label input."""
        source = self._only(ImageInput, "ImageInput")
        checked = check_images(np.asarray(image)[None], source.n, f"Population {source.name!r}")[0]
        coded = source.model.encoder.encode(checked, self._streams[source.name])  # type: ignore[union-attr]
        self[source.name] = SpikeRaster(coded)
        self._shown.add(source.name)
        if label is not None:
            teacher = self._only(LabelInput, "LabelInput")
            at = teacher.model.step  # type: ignore[union-attr]
            values = np.zeros((at + 1, teacher.n), np.uint8)
            values[at, label] = 1
            self[teacher.name] = SpikeRaster(values)
            self._shown.add(teacher.name)

    def rest(self) -> None:
        """Begin a sample: rates that change, spike trains and rasters begin anew; an image that was shown goes on."""
        self._since.update(dict.fromkeys(set(self._sources) - self._shown, self.step))

    def take(self, steps: int) -> dict[str, Raster]:
        """Payloads (steps, n) of all sources for the next steps."""
        taken = {name: self._piece(name, steps) for name in self._sources}
        self.step += steps
        return taken

    def _piece(self, name: str, steps: int) -> Raster:
        n, model, dt = self._sources[name].n, self._models[name], self._network.step_seconds
        return model.piece(n, self.step - self._since[name], steps, dt, self._streams[name])  # type: ignore[no-any-return]

    def _known(self, name: str) -> str:
        if name not in self._sources:
            raise NetworkError("Running: " + unknown_name("input", str(name), self._sources))
        return name

    def _only(self, kind: type[Input], noun: str) -> Population:
        found = [p for p in self._sources.values() if isinstance(p.model, kind)]
        if not found:
            raise NetworkError(f"Network {self._network.name!r} has no {noun}; set its inputs by name.")
        return found[0]

    def memory(self) -> dict[str, Any]:
        """Everything that a later `take` depends on, as arrays by name."""
        places = {name: _plain(rng) for name, rng in self._streams.items()}
        kinds = {name: type(self._models[name]).__name__ for name in sorted(self._set)}
        notes = {"step": self.step, "since": self._since, "streams": places, "kinds": kinds, "shown": sorted(self._shown)}
        parts = ((f"{name}/{part}", getattr(self._models[name], part)) for name in kinds for part in _SAVED[kinds[name]][1])
        arrays = {place: array for key, value in parts for place, array in _arrays(key, value).items()}
        return {"notes": np.array(json.dumps(notes)), **arrays}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue from a `memory`."""
        notes = json.loads(str(memory["notes"]))
        self.step, self._since = int(notes["step"]), {name: int(k) for name, k in notes["since"].items()}
        for name, place in notes["streams"].items():
            self._streams[name].bit_generator.state = place
        for name, kind in notes["kinds"].items():
            made, parts = _SAVED[kind]
            self._models[name] = made(**{part: _value(memory, f"{name}/{part}", _UNITS.get(part, "")) for part in parts})
            self._set.add(name)
        self._shown = set(notes.get("shown", ()))


_UNITS = {"rate": "hertz", "times": "second"}


def _arrays(key: str, value: Any) -> dict[str, Any]:
    """What is stored of an input's parameter; an array of a quantity has its values in SI."""
    if isinstance(value, Timed):
        return {key: np.asarray(value.values), f"{key} every": np.asarray(value.period)}
    return {key: np.asarray(value)}


def _value(memory: Mapping[str, Any], key: str, unit: str) -> Any:
    value = as_quantity(memory[key], unit) if unit else memory[key]
    every = memory.get(f"{key} every")
    return value if every is None else Timed(value, as_quantity(float(every), "second"))


def _plain(rng: np.random.Generator) -> dict[str, Any]:
    return dict(rng.bit_generator.state)
