"""Computing trainings and recordings in HDF5 files again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neurosim.errors import DataError
from neurosim.files.hdf5 import Kind, format_of
from neurosim.reproduce.verdict import Verdict, first_difference


def is_hdf5(kind: Kind) -> Callable[[Path], bool]:
    """Function that decides whether a path is a file of `kind`."""
    return lambda path: format_of(path) == kind.title


def training_again(path: Path, jobs: int, trust: bool) -> Verdict:
    """Train again and compare; raise DataError if the file names code that is not run without `trust`."""
    from neurosim.models.origin import build
    from neurosim.train.desire.dropout import Dropout
    from neurosim.train.desire.loop import train
    from neurosim.train.desire.pack import pack
    from neurosim.train.desire.training import Training

    stored = Training.load(path, trust=trust)
    how, dataset = stored.settings, stored.dataset()
    absent = [name for name in ("checksums", "eta_decay", "dropout", "seed", "engine", "dtype") if name not in how]
    if absent:
        raise DataError(f"{path}: its settings lack {absent[0]!r}; train again with `neurosim train`.")
    changed = first_difference(how["checksums"], dict(dataset.checksums), f"data set {dataset.name}:")
    said = f"training of {how.get('model')} on {dataset.name}: {len(stored.history)} epochs, all weights and accuracies"
    if changed:
        return Verdict(said, changed)
    again = train(
        build(path, how, trust=trust),
        dataset,
        epochs=len(stored.history),
        eta_decay=how["eta_decay"],
        dropout=Dropout(**how["dropout"]),
        # Older files have neither.
        shift=how.get("shift", {"pixels": 0})["pixels"],
        batch=how.get("batch", 1),
        seed=how["seed"],
        engine=how["engine"],
        dtype=how["dtype"],
    )
    if stored.units:
        again = pack(again, dataset, weight_bits=how["packed"]["weight_bits"], clip=how["packed"]["clip"])
    return Verdict(said, first_difference(_content(stored), _content(again)))


def _content(training: Any) -> dict[str, Any]:
    """Everything that must be equal, which excludes times."""
    times = ("seconds", "cpu_seconds")
    history = [{name: value for name, value in asdict(e).items() if name not in times} for e in training.history]
    return {"initial weights": dict(training.initial), "epoch": history, "weights": training.weights}


def recording_again(path: Path, jobs: int, trust: bool) -> Verdict:
    """Simulate again and compare; raise DataError if the file names code that is not run without `trust`."""
    from neurosim.results.recording import Recording

    stored = Recording.load(path)
    origin = stored.info.get("origin")
    if not isinstance(origin, Mapping) or "model" not in origin:
        raise DataError(
            f"{path} was recorded from a network in Python, so its model is not known; "
            "'neurosim simulate --out' writes recordings that can be reproduced."
        )
    again = _simulated(path, stored, origin, trust)
    said = f"recording of {origin['model']}: {stored.samples} x {stored.steps} steps, all spikes, states and weights"
    return Verdict(said, first_difference(_recorded(stored), _recorded(again)))


def _simulated(path: Path, stored: Any, origin: Mapping[str, Any], trust: bool) -> Any:
    from neurosim.backends.brian2 import simulate
    from neurosim.data import load_dataset
    from neurosim.models.load import network_of_origin
    from neurosim.units import as_quantity

    network = network_of_origin(path, origin, trust=trust)
    images = None
    if origin.get("data"):
        dataset = load_dataset(origin["data"])
        images = dataset.test_images[: stored.samples] / dataset.max_value
    try:
        how = {name: stored.info[name] for name in ("integration", "target")}
    except KeyError as error:
        raise DataError(f"{path}: its info lacks {error}; simulate again with 'neurosim simulate --out'.") from None
    # Older files have no signals.
    how["signals"] = origin.get("signals", {})
    return simulate(network, as_quantity(stored.steps * stored.dt, "second"), images=images, **how)


def _recorded(recording: Any) -> dict[str, Any]:
    columns = ("sample", "step", "neuron", "payload")
    return {
        "spikes": {name: {c: getattr(s, c) for c in columns} for name, s in recording.spikes.items()},
        "states": {".".join(name): values for name, values in recording.states.items()},
        "weights": {name: trace.values for name, trace in recording.weights.items()},
    }
