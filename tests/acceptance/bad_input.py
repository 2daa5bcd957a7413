"""One row of the table of wrong inputs, and small things to build rows from."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, Recording, compare, deploy
from neurosim.analysis.comparison import Comparison
from neurosim.errors import NeurosimError
from neurosim.models import load_model
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=20 * ms, v_th=10 * mV)


@dataclass(frozen=True)
class Case:
    """One wrong input; `act` is called in an empty folder."""

    name: str
    error: type[NeurosimError]
    act: Callable[[Path], Any]
    words: tuple[str, ...]


def network(weights: Any = None, neuron: Any = CELL, probes: Any = (), n: int = 2, **projection: Any) -> Network:
    """Two Poisson inputs to `n` neurons."""
    synapses = Projection("noise", "cells", AllToAll(1 * mV) if weights is None else weights, **projection)
    populations = [Population("noise", 2, PoissonInput(100 * Hz)), Population("cells", n, neuron)]
    return Network("small", populations, [synapses], probes)


def images(shape: tuple[int, ...] = (3, 64), value: float = 0.5) -> Any:
    """Grey images."""
    return np.full(shape, value)


def run(steps: int = 5, **changes: Any) -> Recording:
    """A short recording on the emulator."""
    return deploy(network(**changes)).emulate(steps * ms)


def idx(folder: Path, payload: bytes) -> Path:
    """A file with these bytes."""
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(payload)
    return path


def fake_mnist(folder: Path) -> Path:
    """Four whole IDX files with the wrong content."""
    (folder / "mnist").mkdir()
    for part, dims in (("train-images-idx3", (2, 28, 28)), ("train-labels-idx1", (2,))):
        for name in (part, part.replace("train", "t10k")):
            header = bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims)
            payload = header + bytes(int(np.prod(dims)))
            (folder / "mnist" / f"{name}-ubyte.gz").write_bytes(gzip.compress(payload))
    return folder


def model_file(folder: Path, text: str) -> Path:
    """A model of the user's."""
    path = folder / "mine.py"
    path.write_text(text)
    return path


def cut_off(folder: Path) -> Path:
    """A recording of which the end is missing."""
    path = folder / "cut.h5"
    run().save(path)
    path.write_bytes(path.read_bytes()[:-500])
    return path


def text_file(folder: Path, name: str = "notes.h5") -> Path:
    """No HDF5."""
    path = folder / name
    path.write_text("not what you think")
    return path


def compared(other: Recording, **options: Any) -> Comparison:
    """Against a short run."""
    return compare(run(), other, **options)


def digits_net(**options: Any) -> Network:
    """The classifier."""
    return load_model("desire_mlp", **{"sizes": (64, 20, 10), **options})
