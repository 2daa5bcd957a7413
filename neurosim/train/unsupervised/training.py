"""Training without labels: images are shown in sequence, with checkpoints; labels assign classes to the neurons afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import DataError, NetworkError
from neurosim.files.lock import alone
from neurosim.files.npz import fitting, read_npz, write_npz
from neurosim.terminal.progress import counting_bar
from neurosim.train.unsupervised.showing import Counts, Viewer
from neurosim.units import FloatArray

CHECKPOINT = "layer.npz"


@dataclass(frozen=True)
class Window:
    """One point of the learning curve: results over a window of consecutive images.

    Attributes
    ----------
    images : int
        Number of images since the start, at the end of the window.
    accuracy : float
        Fraction of its images that are classified correctly with the neurons' classes from the previous window; NaN for the
        first window.
    spikes : float
        Mean number of spikes per image.
    shown_again : float
        Mean number of repetitions per image.
    theta : float
        Mean adaptive threshold at the end of the window, in the units of the program.
    seconds : float
        Wall time of the window.
    """

    images: int
    accuracy: float
    spikes: float
    shown_again: float
    theta: float
    seconds: float


def name_neurons(counts: Counts, labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Class to which each neuron is assigned, (neurons,): the one for whose images it emits the most spikes on average.

    Parameters
    ----------
    counts : array (images, neurons)
        Spikes of each neuron for each image.
    labels : array (images,)
        Class of each image.
    classes : int
        Number of classes.
    """
    means = [counts[labels == c].mean(axis=0) if np.any(labels == c) else np.zeros(counts.shape[1]) for c in range(classes)]
    return np.asarray(np.argmax(means, axis=0))


def read_out(counts: Counts, names: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Predicted class of each image, (images,): the one whose neurons emit the most spikes on average.

    Parameters
    ----------
    counts : array (images, neurons)
        Spikes of each neuron for each image.
    names : array (neurons,)
        Class of each neuron, from `name_neurons`.
    classes : int
        Number of classes.
    """
    votes = [counts[:, names == c].mean(axis=1) if np.any(names == c) else np.full(len(counts), -1.0) for c in range(classes)]
    return np.asarray(np.argmax(votes, axis=0))


@alone
def learn_images(
    viewer: Viewer,
    images: FloatArray,
    labels: NDArray[np.int64],
    *,
    epochs: int = 1,
    window: int = 2500,
    folder: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> list[Window]:
    """Show all images `epochs` times, in the given order; the labels are used only for the learning curve.

    Parameters
    ----------
    viewer : Viewer
        The running network that images are shown to.
    images : array (n, pixels)
        Intensities from 0 to 1.
    labels : array (n,)
        Class of each image.
    epochs : int
        Number of passes over the images.
    window : int
        Number of images between two points of the learning curve, and between two checkpoints.
    folder : path, optional
        Folder of the checkpoint. If it contains one, learning continues from it, bit for bit.
    settings : mapping, optional
        Settings of the run, stored in the checkpoint; a checkpoint with other settings is refused.
    progress : bool
        Show a progress bar if the output is a terminal.

    Raises
    ------
    NetworkError
        If the window is below 1, or the images have another size.
    DataError
        If the checkpoint belongs to another run.
    """
    if window < 1 or images.shape[1] != viewer.network.population(viewer.source).n:
        expected = viewer.network.population(viewer.source).n
        raise NetworkError(
            f"learn_images: found window = {window} and {images.shape[1]} pixels; "
            f"expected a window of at least 1 and {expected} pixels."
        )
    made_with = json.dumps({**(settings or {}), "images": len(images), "window": window}, sort_keys=True, default=str)
    curve, names = _resumed(viewer, folder, made_with)
    done, total = curve[-1].images if curve else 0, epochs * len(images)
    with counting_bar("learning", total, done=done, wanted=progress, unit="images") as bar:
        while done < total:
            here = np.arange(done, min(done + window, total))
            point, names = _window(viewer, images, labels, here, names, bar.advance)
            curve.append(point)
            done = point.images
            bar.say(f"{100 * point.accuracy:.1f} %")
            _keep(viewer, folder, curve, names, made_with)
    return curve


def _window(viewer: Viewer, images: Any, labels: Any, here: Any, names: Any, advance: Any) -> tuple[Window, Any]:
    """Learn the images with the numbers `here`; return the results, and the class of each neuron afterwards."""
    started, shown, classes = time.perf_counter(), viewer.shown, int(labels.max()) + 1
    counts = np.zeros((len(here), viewer.network.population(viewer.layer).n), np.int64)
    for row, k in zip(counts, here, strict=True):
        row[:] = viewer.learn(images[k % len(images)], int(k))
        advance(1)
    seen = labels[here % len(images)]
    point = Window(
        images=int(here[-1]) + 1,
        accuracy=float(np.mean(read_out(counts, names, classes) == seen)) if names.size else float("nan"),
        spikes=float(counts.sum(axis=1).mean()),
        shown_again=(viewer.shown - shown) / len(here) - 1,
        theta=float(viewer.session.state(viewer.layer, "theta").mean()),
        seconds=time.perf_counter() - started,
    )
    return point, name_neurons(counts, seen, classes)


def _keep(viewer: Viewer, folder: str | Path | None, curve: list[Window], names: Any, made_with: str) -> None:
    if folder is None:
        return
    columns = {f"curve_{f}": np.array([getattr(w, f) for w in curve]) for f in Window.__annotations__}
    write_npz(Path(folder) / CHECKPOINT, {"names": names, "made_with": np.array(made_with), **viewer.memory(), **columns})


def _resumed(viewer: Viewer, folder: str | Path | None, made_with: str) -> tuple[list[Window], Any]:
    if folder is None or not (Path(folder) / CHECKPOINT).exists():
        return [], np.zeros(0, np.int64)
    path = Path(folder) / CHECKPOINT
    kept = read_npz(path, "remove it to start again")
    if str(kept.get("made_with")) != made_with:
        raise DataError(
            f"{path} belongs to another run. Found: {kept.get('made_with')}. Expected: {made_with}. "
            "Choose another folder, or remove the file to start again."
        )
    wrong = fitting({n: a for n, a in kept.items() if not n.startswith("curve_")}, _expected(viewer))
    columns = [kept.get(f"curve_{f}", np.zeros(0)).tolist() for f in Window.__annotations__]
    if not wrong and (len({len(c) for c in columns}) > 1 or not columns[0]):
        wrong = "its learning curve has columns of unequal length, or none"
    if wrong:
        raise DataError(f"{path}: damaged, or from another network ({wrong}); remove it to start again.")
    viewer.restore({name: kept[name] for name in ("weights", "theta", "shown")})
    return [Window(*row) for row in zip(*columns, strict=True)], kept["names"]


def _expected(viewer: Viewer) -> dict[str, Any]:
    """Arrays with the names, shapes and types that a checkpoint has to contain."""
    names = np.zeros(viewer.network.population(viewer.layer).n, np.int64)
    return {"names": names, "made_with": np.array(""), **viewer.memory()}
