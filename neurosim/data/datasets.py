"""Data sets as arrays, with exactly the same bytes on every machine."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.data.idx import parse_idx
from neurosim.data.jpegs import JPEG_SOURCES, JpegSource
from neurosim.data.locate import ENVIRONMENT, find_parts, read_part, search_roots
from neurosim.data.registry import PARTS, SOURCES, IdxSource
from neurosim.display.short import Short
from neurosim.errors import DataError, unknown_name
from neurosim.rng import stream

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Root = str | os.PathLike[str] | None

_DIGITS_SHA256 = {
    "train_images": "5760f944f9d4583320655eb3932bdbb8a1d7ecccece1d5e8ac73699a93fdf434",
    "train_labels": "c1281028e5251b910fbb998bc625b6d6473e39ec5817e7c6d69de2f5f8bf38ab",
    "test_images": "3cc232bd25364446c8646cd9434a26e35ea92e20045d395b2fdd2232a75c9b8f",
    "test_labels": "4493b2052e7b4258621d51f10f17a672594c5e3f2beaa1cf97c818dc583aafe7",
}


@dataclass(frozen=True, eq=False)
class Dataset(Short):
    """Images to classify, split into a training and a test set.

    Attributes
    ----------
    name : str
        Name of the data set, as passed to `load_dataset`.
    train_images, test_images : uint8, (n, n_pixels)
        Pixel values from 0 to `max_value`; each row of an array is one image, with its pixels in row-major order.
    train_labels, test_labels : int64, (n,)
        Classes from 0 to `n_classes` - 1.
    image_shape : tuple of int
        Rows and columns of an image; of colour images colours, rows and columns.
    n_classes : int
        Number of classes.
    max_value : int
        Value of a white pixel.
    checksums : mapping
        File or array -> SHA-256 of its (uncompressed) bytes; stored with every result.
    held : mapping
        Arguments of `held_out`, if the test set consists of training images.
    """

    in_words: ClassVar[str] = 'a Dataset such as neurosim.data.load_dataset("digits")'

    name: str
    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels
    image_shape: tuple[int, ...]
    n_classes: int
    max_value: int
    checksums: Mapping[str, str]
    held: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check("train", self.train_images, self.train_labels)
        self._check("test", self.test_images, self.test_labels)

    @property
    def n_pixels(self) -> int:
        """Number of pixels of an image."""
        return math.prod(self.image_shape)

    @property
    def grid(self) -> tuple[int, int, int]:
        """Colours, rows and columns of an image; grey images have one colour."""
        *colours, rows, columns = self.image_shape
        return (colours[0] if colours else 1, rows, columns)

    def held_out(self, n: int, seed: int = 0) -> Dataset:
        """Data set to choose settings with: `n` training images, drawn by `seed`, become the test set.

        The original test set is left out.

        Parameters
        ----------
        n : int
            Number of training images that become the test set.
        seed : int
            Seed of the draw.

        Raises
        ------
        DataError
            If no images remain for training or for testing.
        """
        if self.held:
            raise DataError(
                f"{self.name}: {self.held['n']} training images are already held out; call held_out on the whole data set."
            )
        if not 0 < n < len(self.train_labels):
            raise DataError(
                f"{self.name}: cannot hold out {n} of {len(self.train_labels)} training images; expected at least 1 and fewer "
                "than all."
            )
        order = stream(seed, "held out").permutation(len(self.train_labels))
        kept, held = np.sort(order[n:]), np.sort(order[:n])
        return replace(
            self,
            held={"n": n, "seed": seed},
            train_images=self.train_images[kept],
            train_labels=self.train_labels[kept],
            test_images=self.train_images[held],
            test_labels=self.train_labels[held],
        )

    def shuffled(self, seed: int = 0) -> Dataset:
        """The same images divided at random into a training and a test set of the same sizes, so that both are alike.

        In the digits, the last images, which are the test set, were written by other people than the training images; they
        are harder. Many published figures for the digits use a random division.

        Parameters
        ----------
        seed : int
            Seed of the division.

        Raises
        ------
        DataError
            If training images are held out; hold them out afterwards.
        """
        if self.held:
            raise DataError(f"{self.name}: training images are held out already; call shuffled first, then held_out.")
        images = np.concatenate([self.train_images, self.test_images])
        labels = np.concatenate([self.train_labels, self.test_labels])
        n = len(self.train_labels)
        order = stream(seed, "shuffled").permutation(len(labels))
        return replace(
            self,
            name=f"{self.name}-shuffled-{seed}",
            train_images=images[order[:n]],
            train_labels=labels[order[:n]],
            test_images=images[order[n:]],
            test_labels=labels[order[n:]],
        )

    def _check(self, part: str, images: Images, labels: Labels) -> None:
        expected = (len(labels), self.n_pixels)
        if not len(labels):
            raise DataError(f"{self.name}: {part}_labels are empty; expected at least one image and its label.")
        if images.dtype != np.uint8 or images.shape != expected:
            raise DataError(
                f"{self.name}: {part}_images are {images.dtype} {images.shape}; expected uint8 {expected}, "
                f"for {len(labels)} labels and images of shape {self.image_shape}."
            )
        if images.max(initial=0) > self.max_value:
            raise DataError(
                f"{self.name}: {part}_images have values up to {images.max()}; expected at most {self.max_value}."
            )
        if labels.min(initial=0) < 0 or labels.max(initial=0) >= self.n_classes:
            raise DataError(
                f"{self.name}: {part}_labels range from {labels.min()} to {labels.max()}; "
                f"expected 0 to {self.n_classes - 1}."
            )


def dataset_names() -> list[str]:
    """Names of data sets that `load_dataset` accepts."""
    return sorted(_LOADERS)


def load_dataset(name: str, root: Root = None) -> Dataset:
    """Load a data set and verify its checksums.

    Parameters
    ----------
    name : str
        ``digits`` (8x8, 1437 + 360 images, ships with neurosim), ``mnist`` or ``fashion-mnist`` (28x28,
        60000 + 10000 images), or ``cifar-10-jpeg`` (3x32x32, 50000 + 10000 images, a lossy JPEG copy of CIFAR-10).
    root : path, optional
        Folder that contains ``mnist/`` and the other folders; without it, $NEUROSIM_DATA and the user's cache
        are searched.

    Raises
    ------
    DataError
        If the name is unknown, files are missing, or a checksum is wrong.
    """
    if name not in _LOADERS:
        raise DataError(unknown_name("data set", name, _LOADERS))
    return _LOADERS[name](root)


def load_idx_dataset(source: IdxSource, root: Root = None) -> Dataset:
    """Load the four IDX files of `source`."""
    roots = search_roots(root)
    paths = find_parts(source, roots)
    if paths is None:
        raise DataError(_missing(source, roots))
    train_images, train_labels, test_images, test_labels = (
        parse_idx(read_part(source, part, path), str(path)) for part, path in paths.items()
    )
    return Dataset(
        name=source.name,
        train_images=_rows(train_images),
        train_labels=_labels(train_labels),
        test_images=_rows(test_images),
        test_labels=_labels(test_labels),
        image_shape=source.image_shape,
        n_classes=source.n_classes,
        max_value=255,
        checksums=dict(source.sha256),
    )


def load_jpegs(source: JpegSource, root: Root = None) -> Dataset:
    """Load the two zip files of `source`."""
    arrays: dict[str, Any] = {name: _read_only(array) for name, array in source.read(root).items()}
    checksums = {f"{part}.zip": checksum for part, checksum in source.sha256.items()}
    return Dataset(
        source.name, **arrays, image_shape=source.image_shape, n_classes=len(source.classes), max_value=255, checksums=checksums
    )


def _load_digits(root: Root = None) -> Dataset:
    """Load the digits from the file next to this module (see digits.md); `root` is not searched."""
    path = Path(str(files("neurosim.data"))) / "digits.npz"
    with np.load(path, allow_pickle=False) as file:
        found = {name: file[name] for name in _DIGITS_SHA256}
    arrays: dict[str, Any] = {n: _labels(a) if n.endswith("labels") else _rows(a) for n, a in found.items()}
    checksums = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    if checksums != _DIGITS_SHA256:
        raise DataError(f"{path}: damaged, because its arrays do not match the checksums of the digits. Reinstall neurosim.")
    return Dataset("digits", **arrays, image_shape=(8, 8), n_classes=10, max_value=16, checksums=checksums)


def _rows(images: NDArray[Any]) -> NDArray[Any]:
    return _read_only(images.reshape(len(images), math.prod(images.shape[1:])))


def _labels(labels: NDArray[Any]) -> Labels:
    return _read_only(labels.astype(np.int64))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


def _missing(source: IdxSource, roots: tuple[Path, ...]) -> str:
    places = ", ".join(str(root / source.name) for root in roots) or "nowhere"
    return (
        f"{source.name}: found no folder with all of {', '.join(PARTS)} (plain or .gz); looked in {places}. "
        f"Run 'neurosim data fetch {source.name}' (needs pip install 'neurosim[datasets]'), "
        f"or set {ENVIRONMENT} to a folder that contains {source.name}/."
    )


_LOADERS: Mapping[str, Callable[[Root], Dataset]] = {
    "digits": _load_digits,
    **{name: partial(load_idx_dataset, source) for name, source in SOURCES.items()},
    **{name: partial(load_jpegs, source) for name, source in JPEG_SOURCES.items()},
}
