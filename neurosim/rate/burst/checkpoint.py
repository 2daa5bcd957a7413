"""The result of a training of rates and its file: one HDF5 file from which training can resume, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import TypeAdapter

from neurosim.files.atomic import atomic_write
from neurosim.files.checked import REALS, Node
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.rate.burst.batches import Running
from neurosim.rate.burst.parameters import Parameters
from neurosim.results.provenance import provenance

CHECKPOINT = "rates.h5"
METRICS = "metrics.jsonl"
KIND = Kind(
    "neurosim training of rates", "training of rates", (1,), "a training of rates", "remove it and train again"
)


@dataclass(frozen=True)
class RateEpoch:
    """Results of one pass over the training images.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 0.
    train_error, test_error : float
        Fraction of images that are classified wrongly: training images before each was learned, test images after the epoch.
    loss : float
        Mean of ``sum((t - e)^2) / 2`` over the training images.
    angles : tuple of float
        Angle in degrees between weight change and exact gradient descent for each layer, after the epoch.
    seconds, cpu_seconds : float
        Wall time and CPU time of learning alone; the CPU time is the sum over all threads.
    """

    epoch: int
    train_error: float
    test_error: float
    loss: float
    angles: tuple[float, ...]
    seconds: float
    cpu_seconds: float

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test images that are classified correctly."""
        return 1 - self.test_error


_HISTORY = TypeAdapter(tuple[RateEpoch, ...])
_SETTINGS = TypeAdapter(Mapping[str, Any])
_RUNNING = TypeAdapter(Running)


@dataclass(frozen=True)
class RateTraining:
    """Trained parameters with their settings and learning history.

    Attributes
    ----------
    parameters : Parameters
        Current parameters.
    history : tuple of RateEpoch
        One entry per epoch.
    settings : mapping
        Everything that determines the result.
    running : Running
        Results so far of an interrupted epoch.
    """

    parameters: Parameters
    history: tuple[RateEpoch, ...]
    settings: Mapping[str, Any]
    running: Running = Running()

    def save(self, folder: str | Path) -> None:
        """Write ``rates.h5`` and ``metrics.jsonl``; each is written completely or not at all."""
        with atomic_hdf5(Path(folder) / CHECKPOINT) as file:
            file.attrs.update(
                format=KIND.title,
                format_version=1,
                settings=json.dumps(dict(self.settings), sort_keys=True),
                history=json.dumps([asdict(e) for e in self.history]),
                running=json.dumps(asdict(self.running)),
                provenance=json.dumps(provenance()),
            )
            for kind, arrays in self.parameters._asdict().items():
                group = file.create_group(kind)
                for layer, array in enumerate(arrays, 1):
                    group.create_dataset(str(layer), data=array)
        with atomic_write(Path(folder) / METRICS) as partial:
            partial.write_text("".join(json.dumps(asdict(e)) + "\n" for e in self.history))

    @classmethod
    def load(cls, folder: str | Path) -> RateTraining:
        """Read files that `save` wrote.

        Raises
        ------
        DataError
            If the file is missing, damaged or not a training of rates.
        """
        with open_hdf5(Path(folder) / CHECKPOINT, KIND) as root:
            return cls(
                parameters=Parameters(**{kind: _layers(root.part(kind)) for kind in Parameters._fields}),
                history=root.json("history", _HISTORY),
                settings=root.json("settings", _SETTINGS),
                running=root.json("running", _RUNNING),
            )


def _layers(group: Node) -> tuple[NDArray[Any], ...]:
    return tuple(group.part(str(k)).array(REALS, 2) for k in range(1, len(group.parts("")) + 1))
