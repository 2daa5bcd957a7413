"""The result of a training of rates and its file: one HDF5 file from which training can resume, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from neurosim.display.short import Short
from neurosim.files.atomic import atomic_write
from neurosim.files.checked import REALS
from neurosim.files.hdf5 import Kind, atomic_hdf5, open_hdf5
from neurosim.files.labels import label
from neurosim.rate.circuit import State
from neurosim.results.provenance import provenance

_LABELS = {"*/*": ("1", "Numbers of one layer, counted from 1: weights, or memory of the optimiser, as the group says")}
CHECKPOINT = "rates.h5"
METRICS = "metrics.jsonl"
KIND = Kind(
    "neurosim training of rates", "training of rates", (2,), "a training of rates", "remove it and train again"
)


@dataclass(frozen=True)
class Running:
    """Results so far of the current epoch; all are zero at its start.

    Attributes
    ----------
    images : int
        Number of images that were learned.
    answered : int
        Number of these images to which the algorithm gave an answer before it learned them.
    errors : int
        Number of these answers that were wrong.
    loss : float
        Sum of ``sum((t - h)^2) / 2`` of the answers over these images.
    seconds, cpu_seconds : float
        Wall time and CPU time of learning.
    """

    images: int = 0
    answered: int = 0
    errors: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class RateEpoch:
    """Results of one pass over the training images.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 0.
    train_error, test_error : float
        Fraction of images that are classified wrongly: training images before each was learned (None if the algorithm gives no
        answer while it learns), test images after the epoch.
    loss : float
        Mean of ``sum((t - h)^2) / 2`` of the answers to the training images; None without answers.
    angles, lengths : tuple of float
        Angle in degrees between weight change and exact gradient descent for each layer, and the ratio of their lengths, after
        the epoch; empty for algorithms that do not descend the loss.
    seconds, cpu_seconds : float
        Wall time and CPU time of learning alone; the CPU time is the sum over all threads.
    """

    epoch: int
    train_error: float | None
    test_error: float
    loss: float | None
    angles: tuple[float, ...]
    lengths: tuple[float, ...]
    seconds: float
    cpu_seconds: float

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test images that are classified correctly."""
        return 1 - self.test_error


_HISTORY = TypeAdapter(tuple[RateEpoch, ...])
_SETTINGS = TypeAdapter(Mapping[str, Any])
_RUNNING = TypeAdapter(Running)
_NAMES = TypeAdapter(dict[str, int])


@dataclass(frozen=True)
class RateTraining(Short):
    """What a network has learned, with the settings and the history of learning.

    Attributes
    ----------
    state : mapping
        Name -> arrays by layer: "weights", "biases", and what the algorithm and the optimiser remember.
    history : tuple of RateEpoch
        One entry per epoch.
    settings : mapping
        Everything that determines the result.
    batches : int
        Number of mini-batches that were learned.
    running : Running
        Results so far of an interrupted epoch.
    made_with : mapping
        Versions and machine of the process that wrote the file from which it was read.
    """

    state: State
    history: tuple[RateEpoch, ...]
    settings: Mapping[str, Any]
    batches: int = 0
    running: Running = Running()
    made_with: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: str | Path) -> None:
        """Write ``rates.h5`` and ``metrics.jsonl``; each is written completely or not at all.

        Parameters
        ----------
        folder : str or path
            Folder of the files.
        """
        with atomic_hdf5(Path(folder) / CHECKPOINT) as file:
            file.attrs.update(
                format=KIND.title,
                format_version=2,
                settings=json.dumps(dict(self.settings), sort_keys=True),
                history=json.dumps([asdict(e) for e in self.history]),
                running=json.dumps(asdict(self.running)),
                matrices=json.dumps({name: len(arrays) for name, arrays in self.state.items()}),
                batches=self.batches,
                provenance=json.dumps(provenance()),
            )
            for name, arrays in self.state.items():
                group = file.create_group(name)
                for layer, array in enumerate(arrays, 1):
                    group.create_dataset(str(layer), data=array)
            label(file, _LABELS)
        with atomic_write(Path(folder) / METRICS) as partial:
            partial.write_text("".join(json.dumps(asdict(e)) + "\n" for e in self.history))

    @classmethod
    def load(cls, folder: str | Path, name: str = CHECKPOINT) -> RateTraining:
        """Read the file `name` that `save` wrote into a folder.

        Parameters
        ----------
        folder : str or path
            Folder of the file.
        name : str
            Name of the file.

        Raises
        ------
        DataError
            If the file is missing, damaged or not a training of rates.
        """
        with open_hdf5(Path(folder) / name, KIND) as root:
            named = root.json("matrices", _NAMES)
            return cls(
                state={name: [root.part(name).part(str(k + 1)).array(REALS) for k in range(n)] for name, n in named.items()},
                history=root.json("history", _HISTORY),
                settings=root.json("settings", _SETTINGS),
                batches=root.whole("batches", 0),
                running=root.json("running", _RUNNING),
                made_with=root.json("provenance", _SETTINGS, default="{}"),
            )
