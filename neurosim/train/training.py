"""What training gives back, and its file: one HDF5 that opens without neurosim and can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.data import Dataset, load_dataset
from neurosim.data.hdf5 import atomic_hdf5
from neurosim.errors import DataError
from neurosim.network import Network
from neurosim.provenance import provenance
from neurosim.units import FloatArray

_VERSION, _PACKED_VERSION = 1, 2
"""A packed file holds whole numbers, which a reader of version 1 would take for weights."""


@dataclass(frozen=True)
class Epoch:
    """Figures of one pass over the training data; accuracies are strict (a tie is an error)."""

    epoch: int
    eta: float
    train_accuracy: float
    test_accuracy: float
    test_argmax: float
    seconds: float
    cpu_seconds: float = float("nan")
    """Of all threads, evaluation included; not known of older files."""
    feedback_angle: float = float("nan")
    """Degrees between the feedback and the weights after the epoch; not known of older files."""


@dataclass(frozen=True)
class Training:
    """A trained network with the way there.

    Attributes
    ----------
    network : Network
        With the trained weights.
    initial : mapping
        Projection -> weights before training; none where it was packed.
    history : tuple of Epoch
        One entry an epoch.
    settings : mapping
        Everything that decides the result: seeds, rates, dropout, engine, data checksums.
    part : mapping
        Of an epoch that was interrupted: "images" shown, and the "hits" among them.
    feedback : mapping
        Projection -> feedback (n_pre, n_post), where it is not the weights themselves.
    units : mapping
        Projection -> what all its weights are whole multiples of, up to 255; see `neurosim.train.pack`.
    """

    network: Network
    initial: Mapping[str, FloatArray]
    history: tuple[Epoch, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    part: Mapping[str, int] = field(default_factory=dict)
    feedback: Mapping[str, FloatArray] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)

    @property
    def weights(self) -> dict[str, FloatArray]:
        """Projection -> trained weights (n_pre, n_post)."""
        return {p.name: np.asarray(self.network.weights(p)) for p in self.network.projections}

    def dataset(self) -> Dataset:
        """The data that it was trained on, as the settings name them."""
        whole, held = load_dataset(self.settings["data"]), self.settings.get("held_out")
        return whole.held_out(**held) if held else whole

    def save(self, path: str | Path) -> None:
        """Write the file; it is whole or not there."""
        with atomic_hdf5(path) as file:
            file.attrs.update(
                format="neurosim training",
                format_version=_PACKED_VERSION if self.units else _VERSION,
                network=self.network.name,
                settings=json.dumps(dict(self.settings), sort_keys=True),
                history=json.dumps([asdict(e) for e in self.history]),
                part=json.dumps(dict(self.part)),
                provenance=json.dumps(provenance()),
            )
            for kind, matrices in (("weights", self.weights), ("initial", self.initial), ("feedback", self.feedback)):
                for name, matrix in matrices.items():
                    _write(file, f"{kind}/{name}", matrix, self.units.get(name))

    @classmethod
    def load(cls, path: str | Path, network: Network | None = None) -> Training:
        """Read what `save` wrote.

        Parameters
        ----------
        network : Network, optional
            The untrained description; if left out it is built again from the model that the settings name.

        Raises
        ------
        DataError
            If the file is missing, damaged, no training, or does not fit the network.
        """
        with _opened(Path(path)) as file:
            return _read(Path(path), file, network)


def described(path: str | Path) -> tuple[dict[str, Any], tuple[Epoch, ...]]:
    """Settings and history of a training's file; its weights are not read.

    Raises
    ------
    DataError
        If the file is missing, damaged or no training.
    """
    with _opened(Path(path)) as file:
        return _settings(file), _history(file)


@contextmanager
def _opened(where: Path) -> Iterator[Any]:
    """The file, which is known to be a training; whatever is wrong with it is said in our words."""
    if not where.is_file():
        raise DataError(f"{where}: no such file; expected one that `neurosim train` wrote.")
    try:
        with h5py.File(where, "r") as file:
            _check_format(where, file)
            yield file
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{where}: damaged, cut off or no training ({error}); train again, or copy it anew.") from error


def _write(file: Any, name: str, matrix: FloatArray, unit: float | None) -> None:
    data = matrix if unit is None else np.round(matrix / unit).astype(np.int16)
    # Of whole numbers nearly all high bytes are alike.
    written = file.create_dataset(name, data=data, compression="gzip", shuffle=unit is not None)
    if unit is not None:
        written.attrs["unit"] = unit


def _check_format(where: Path, file: Any) -> None:
    if file.attrs.get("format") != "neurosim training":
        raise DataError(f"{where}: an HDF5 file, but no training; expected one that `neurosim train` wrote.")
    if file.attrs["format_version"] not in (_VERSION, _PACKED_VERSION):
        found = file.attrs["format_version"]
        raise DataError(f"{where}: format version {found}; this neurosim reads {_VERSION} and {_PACKED_VERSION}.")


def _settings(file: Any) -> dict[str, Any]:
    return dict(json.loads(file.attrs["settings"]))


def _history(file: Any) -> tuple[Epoch, ...]:
    return tuple(Epoch(**e) for e in json.loads(file.attrs["history"]))


def _read(where: Path, file: Any, network: Network | None) -> Training:
    settings = _settings(file)
    base = network or _rebuild(where, settings)
    return Training(
        network=base.with_weights({name: data[()] * data.attrs.get("unit", 1) for name, data in file["weights"].items()}),
        initial={name: data[()] for name, data in file.get("initial", {}).items()},
        history=_history(file),
        settings=settings,
        part=json.loads(file.attrs.get("part", "{}")),
        feedback={name: data[()] for name, data in file.get("feedback", {}).items()},
        units={name: data.attrs["unit"] for name, data in file["weights"].items() if "unit" in data.attrs},
    )


def _rebuild(where: Path, settings: Mapping[str, Any]) -> Network:
    from neurosim.models import load_model

    model = settings.get("model")
    if not model:
        raise DataError(f"{where}: was trained from a network in Python; pass that network to Training.load.")
    return load_model(model, **settings.get("options", {}))
