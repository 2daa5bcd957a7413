"""Normal numbers of neurons with noise, drawn step by step, so that where a run is cut does not change them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.units import FloatArray


class Drawn:
    """Normal numbers of several populations, each from a stream of its own.

    Parameters
    ----------
    populations : mapping
        Population -> (number of neurons, seed).
    """

    def __init__(self, populations: Mapping[str, tuple[int, int]]) -> None:
        self._sizes = {name: n for name, (n, _) in populations.items()}
        self._streams = {name: np.random.default_rng(seed) for name, (_, seed) in populations.items()}

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def take(self, steps: int) -> dict[str, FloatArray]:
        """Numbers (steps, n) of the next steps."""
        return {name: stream.standard_normal((steps, self._sizes[name])) for name, stream in self._streams.items()}

    def memory(self) -> dict[str, Any]:
        """Where the streams are, as an array by name; nothing without noise."""
        places = {name: stream.bit_generator.state for name, stream in self._streams.items()}
        return {"noise": np.array(json.dumps(places))} if places else {}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue from a `memory`."""
        for name, place in json.loads(str(memory["noise"])).items() if self._streams else ():
            self._streams[name].bit_generator.state = place


def noise_of(program: Any) -> Drawn:
    """The numbers that the neurons of a step program receive."""
    noisy = (p for p in program.populations if p.neuron.noise)
    return Drawn({p.name: (p.n, p.neuron.seed) for p in noisy})
