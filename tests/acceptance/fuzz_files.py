"""Files of every format that neurosim reads, and seeded damage to them.

``python -m tests.acceptance.fuzz_files N FOLDER`` damages N files of each format and reads them, in one process, and prints a
JSON line for each: what came of it, and what it took.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.chip.target import load_target
from neurosim.content.catalogue import content_path
from neurosim.data.locate import read_part
from neurosim.errors import NeurosimError, UncheckedFile
from neurosim.files.json_file import read_json, write_json
from neurosim.files.npz import read_npz
from neurosim.models import load_model
from neurosim.rate import Learner, RateTraining
from neurosim.rate.algorithms.burstccn import BurstCCN, bursting
from neurosim.rate.checkpoint import CHECKPOINT, RateEpoch
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace
from neurosim.study.export import export
from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.source import study_of
from neurosim.study.store import DATABASE
from neurosim.study.study_json import read_study_json
from neurosim.train.desire.training import Epoch, Training
from neurosim.train.in_run.checkpoint import Keeper, Part, RunEpoch
from tests.unit.idx_files import payloads, source

RNG = np.random.default_rng(0)
PART = "train-images-idx3-ubyte"


@dataclass(frozen=True)
class FileFormat:
    """A format: how a good file of it is made below a folder, and how it is read.

    `checked` is whether the file has a checksum; a file without one may be read as something else, if it is valid.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    checked: bool = True


def recording(folder: Path) -> Path:
    spikes = Spikes.from_raster(RNG.random((2, 30, 4)) < 0.2)
    trace = WeightTrace(np.arange(0, 30, 10), RNG.normal(size=(3, 4, 5)))
    states = {("cells", "v"): RNG.normal(size=(2, 30, 4))}
    info = {"engine": "emulator", "seconds": {"wall": 0.25}}
    synapses = {("w", "tag"): trace}
    Recording(1e-4, 30, 2, {"cells": 4}, {"cells": spikes}, states, {"w": trace}, synapses, info).save(folder / "r.h5")
    return folder / "r.h5"


def old_recording(folder: Path) -> Path:
    """As before there were seals."""
    path = recording(folder)
    with h5py.File(path, "a") as file:
        del file.attrs["sealed"]
    path.write_bytes(path.read_bytes()[512:])
    return path


def training(folder: Path) -> Path:
    _trained().save(folder / "t.h5")
    return folder / "t.h5"


def packed(folder: Path) -> Path:
    found = _trained()
    replace(found, initial={}, units={name: 2.0**-9 for name in found.weights}).save(folder / "p.h5")
    return folder / "p.h5"


def _trained() -> Training:
    network = load_model("desire_mlp", sizes=(64, 10))
    history = (Epoch(0, 1e-3, 0.5, 0.5, 0.5, 1.0), Epoch(1, 1e-3, 0.6, 0.5, 0.5, 1.0, 2.0, 3.0))
    settings = {"model": "desire_mlp", "options": {"sizes": [64, 10]}, "data": "digits", "seed": 1}
    initial = {p.name: np.asarray(network.weights(p)) for p in network.projections}
    return Training(network, initial, history, settings, {"images": 3, "hits": 1})


def read_training(path: Path) -> Any:
    found = Training.load(path)
    return [found.weights, found.initial, found.history, found.settings, found.part, found.feedback, found.units]


def rates(folder: Path) -> Path:
    history = (RateEpoch(0, 0.5, 0.4, 0.3, (10.0, 0.0), (0.5, 0.5), 1.0, 2.0),)
    state = Learner(bursting(64, 20, 10), BurstCCN()).circuit.state
    RateTraining(state, history, {"seed": 1, "data": "digits"}).save(folder)
    return folder / CHECKPOINT


def read_rates(path: Path) -> Any:
    """The reader takes the folder."""
    if path.name != CHECKPOINT:
        os.replace(path, path := path.with_name(CHECKPOINT))
    return RateTraining.load(path.parent)


def in_run(folder: Path) -> Path:
    keeper = Keeper(folder, "run")
    keeper.keep(_Session(), [RunEpoch(0, 0.5, 0.5, 0.5, 1.0)], Part(), stop=False)  # type: ignore[arg-type]
    return folder / "in_run.npz"


class _Session:
    """What a checkpoint needs of a session."""

    def memory(self) -> dict[str, Any]:
        plain = {"counts": np.array([3, 4]), "signals": np.zeros(0), "random": np.array("[[1, 2]]")}
        return {**plain, "weight": RNG.normal(size=900)}


def read_in_run(path: Path) -> Any:
    keeper = Keeper(path.parent, "run")
    keeper._path = path
    return [*keeper.resumed(), keeper._memory]


def layer(folder: Path) -> Path:
    columns = {f"curve_{name}": RNG.normal(size=3) for name in ("images", "accuracy", "spikes")}
    arrays = {"weights": RNG.integers(0, 255, (28, 10)), "theta": RNG.normal(size=10), "shown": np.array(7), **columns}
    with (folder / "layer.npz").open("wb") as file:
        np.savez(file, made_with=np.array("{}"), **arrays)
    return folder / "layer.npz"


def idx(folder: Path) -> Path:
    (folder / PART).write_bytes(payloads(60)[PART])
    return folder / PART


def zipped_idx(folder: Path) -> Path:
    (folder / f"{PART}.gz").write_bytes(gzip.compress(payloads(60)[PART]))
    return folder / f"{PART}.gz"


def read_idx_part(path: Path) -> bytes:
    return read_part(source(payloads(60)), PART, path)


def target(folder: Path) -> Path:
    (folder / "chip.toml").write_bytes(content_path("hardware_targets", "loihi2").read_bytes())
    return folder / "chip.toml"


def json_file(folder: Path) -> Path:
    write_json(folder / "x.json", {"trials": [{"measures": {"a": k / 3}, "seed": k} for k in range(20)], "name": "x"})
    return folder / "x.json"


STUDY = """
from neurosim.study import Grid, Measure, Study
from neurosim.units import ms

def trial(t):
    assert t.seed < 3, "too large a seed"
    return {"a": t.parameters["x"] / 3, "b": t.seed}

MEASURES = {"a": Measure("mV", "a third"), "b": Measure("1", "the seed")}
STUDY = Study("toy", "Is it read?", trial, Grid({"x": [1, 2, 5], "tau": [5 * ms]}), MEASURES, seeds=4)
"""


def study_db(folder: Path) -> Path:
    run_study(study_of("toy.py", STUDY), folder)
    with sqlite3.connect(folder / DATABASE) as connection:
        # One file of it.
        connection.execute("PRAGMA journal_mode=DELETE")
    return folder / DATABASE


def study_json(folder: Path) -> Path:
    export(read_results(study_db(folder)), folder / "study.json")
    return folder / "study.json"


FORMATS = {
    "recording": FileFormat(recording, Recording.load),
    "training": FileFormat(training, read_training),
    "packed training": FileFormat(packed, read_training),
    "training of rates": FileFormat(rates, read_rates),
    "training in the run": FileFormat(in_run, read_in_run),
    "training without labels": FileFormat(layer, read_npz),
    "IDX": FileFormat(idx, read_idx_part),
    "gzipped IDX": FileFormat(zipped_idx, read_idx_part),
    "hardware target": FileFormat(target, lambda path: load_target(path).model_dump(), checked=False),
    "JSON": FileFormat(json_file, read_json, checked=False),
    "study": FileFormat(study_db, read_results),
    "exported study": FileFormat(study_json, read_study_json),
    "recording without seal": FileFormat(old_recording, Recording.load, checked=False),
}
"""Whoever adds a format of files adds it here."""


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """One damage, of six kinds."""
    return DAMAGES[int(rng.integers(len(DAMAGES)))](content, rng)


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(len(content), size=int(rng.integers(1, 9))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _piece(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    begin = int(rng.integers(len(content)))
    return begin, min(len(content), begin + int(rng.integers(1, 200)))


def _overwritten(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _piece(content, rng)
    return content[:begin] + rng.bytes(end - begin) + content[end:]


def _zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _piece(content, rng)
    return content[:begin] + bytes(end - begin) + content[end:]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(len(content)))]


def _doubled(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _piece(content, rng)
    return content[:end] + content[begin:]


def _grown(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _piece(content, rng)
    return content[:begin] + rng.bytes(end - begin) + content[begin:]


DAMAGES = (_flipped, _overwritten, _zeroed, _cut, _doubled, _grown)


def frozen(value: Any) -> Any:
    """`value` so that `==` is deep equality, with NaN equal to itself."""
    if is_dataclass(value) and not isinstance(value, type):
        return frozen(vars(value))
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(frozen(key), frozen(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [frozen(item) for item in value]
    return repr(value)


def outcome(form: FileFormat, path: Path, whole: Any) -> str:
    """"refused: ...", "the same", "noticed" (it has no checksum, which was said), "valid" or "WRONG"."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = frozen(form.read(path))
        except NeurosimError as error:
            lines = str(error).splitlines()
            return f"refused: {lines[0]}" if len(lines) == 1 and str(path) in lines[0] else f"WRONG words: {error}"
        except Exception as error:
            return f"WRONG: {type(error).__name__}: {error}"
    if found == whole:
        return "the same"
    noticed = any(issubclass(w.category, UncheckedFile) for w in said)
    return "noticed" if noticed else "WRONG: read as something else" if form.checked else "valid"


def seconds() -> float:
    """CPU time of this process and its children."""
    return sum(os.times()[:4])


def main(count: int, folder: Path) -> None:
    """Damage and read."""
    for name, form in FORMATS.items():
        place = folder / name
        place.mkdir()
        good = form.make(place)
        content, whole = good.read_bytes(), frozen(form.read(good))
        for k in range(count):
            rng = np.random.default_rng([k, *name.encode()])
            good.write_bytes(damaged(content, rng))
            before, began = seconds(), time.perf_counter()
            found = outcome(form, good, whole)
            line = {"format": name, "k": k, "outcome": found, "cpu": seconds() - before, "wall": time.perf_counter() - began}
            print(json.dumps(line), flush=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"peaks": {"self": own_peak(), "children": children}}))


def own_peak() -> int:
    """Bytes. Not `ru_maxrss`, which on Linux begins with the memory of the process that started this one."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
