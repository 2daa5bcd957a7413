"""What a training of rates gives back, and its file: one HDF5 that can be gone on from, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py

from neurosim.data.files import atomic_write
from neurosim.data.hdf5 import atomic_hdf5
from neurosim.errors import DataError
from neurosim.provenance import provenance
from neurosim.rate.burstccn import Parameters
from neurosim.rate.shown import Running

CHECKPOINT = "rates.h5"
METRICS = "metrics.jsonl"
_FORMAT = "neurosim training of rates"


@dataclass(frozen=True)
class RateEpoch:
    """Figures of one pass over the training images.

    Attributes
    ----------
    train_error, test_error : float
        Parts from 0 to 1; of training images before each was learned, of test images after the epoch.
    loss : float
        Mean of ``sum((t - e)^2) / 2`` over the training images.
    angles : tuple of float
        Degrees between change and exact descent of each layer's weights, after the epoch.
    seconds, cpu_seconds : float
        Of learning alone; CPU time is that of all threads.
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
        """Part of the test images that are right."""
        return 1 - self.test_error


@dataclass(frozen=True)
class RateTraining:
    """Trained parameters with the way there.

    Attributes
    ----------
    parameters : Parameters
        As they are now.
    history : tuple of RateEpoch
        One entry an epoch.
    settings : mapping
        Everything that decides the result.
    running : Running
        Of an epoch that was interrupted.
    """

    parameters: Parameters
    history: tuple[RateEpoch, ...]
    settings: Mapping[str, Any]
    running: Running = Running()

    def save(self, folder: str | Path) -> None:
        """Write ``rates.h5`` and ``metrics.jsonl``; each is whole or not there."""
        with atomic_hdf5(Path(folder) / CHECKPOINT) as file:
            file.attrs.update(
                format=_FORMAT,
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
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If the file is missing, damaged or something else.
        """
        path = Path(folder) / CHECKPOINT
        if not path.is_file():
            raise DataError(f"{path}: no such file; expected one that a training of rates wrote.")
        try:
            with h5py.File(path, "r") as file:
                return _read(path, file)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: damaged or cut off ({error}); remove it and train again, or copy it anew.") from error


def _read(path: Path, file: Any) -> RateTraining:
    found = file.attrs.get("format"), file.attrs.get("format_version")
    if found != (_FORMAT, 1):
        raise DataError(f"{path}: format {found[0]!r}, version {found[1]}; expected {_FORMAT!r}, version 1.")
    arrays = {kind: tuple(file[kind][str(k)][()] for k in range(1, len(file[kind]) + 1)) for kind in Parameters._fields}
    epochs = json.loads(file.attrs["history"])
    return RateTraining(
        parameters=Parameters(**arrays),
        history=tuple(RateEpoch(**{**e, "angles": tuple(e["angles"])}) for e in epochs),
        settings=json.loads(file.attrs["settings"]),
        running=Running(**json.loads(file.attrs["running"])),
    )
