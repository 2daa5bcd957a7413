"""Data sets of small colour images as JPEG files in two zip files, whose folders are the labels."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.data.locate import ENVIRONMENT, search_roots
from neurosim.errors import DataError
from neurosim.files.bounds import size_of

LARGEST_ZIP = 1 << 28
"""Size in bytes of the largest zip file that is read."""
LARGEST_IMAGE = 1 << 16
"""Size in bytes of the largest image in it, compressed or not."""
_REMEDY = "Copy the file again from a good source."


@dataclass(frozen=True)
class JpegSource:
    """A data set of two zip files.

    Attributes
    ----------
    name : str
        Name of the data set and of its folder.
    sha256 : mapping
        Part, "train" or "test" -> SHA-256 of the file ``<part>.zip``.
    classes : tuple of str
        Names of the folders ``<part>/<class>/``; the label is the index.
    images : mapping
        Part -> number of images of each class.
    image_shape : tuple of int
        Colours, rows and columns.
    """

    name: str
    sha256: Mapping[str, str]
    classes: tuple[str, ...]
    images: Mapping[str, int]
    image_shape: tuple[int, int, int] = (3, 32, 32)

    def folder(self, root: str | os.PathLike[str] | None) -> Path | None:
        """The first folder with both files; None if there is none."""
        places = [place / self.name for place in search_roots(root)]
        return next((place for place in places if all((place / f"{part}.zip").is_file() for part in self.sha256)), None)

    def read(self, root: str | os.PathLike[str] | None) -> dict[str, NDArray[Any]]:
        """Images (n, pixels) and labels (n,) of both parts, as ``train_images`` and so on.

        A pixel of an image is found in the order colour, row, column. Images are ordered by their number in the class, so
        that any first part of them has all classes in equal numbers.

        Raises
        ------
        DataError
            If files are missing, damaged, or not those of the checksums.
        """
        folder = self.folder(root)
        if folder is None:
            raise DataError(self._missing(root))
        found: dict[str, NDArray[Any]] = {}
        for part in self.sha256:
            found[f"{part}_images"], found[f"{part}_labels"] = self._part(part, folder / f"{part}.zip")
        return found

    def _part(self, part: str, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        content = self._verified(part, path)
        numbers = range(self.images[part])
        wanted = [(label, f"{part}/{name}/{k:04}.jpg") for k in numbers for label, name in enumerate(self.classes)]
        images = np.empty((len(wanted), int(np.prod(self.image_shape))), np.uint8)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as file:
                for row, (_, name) in zip(images, wanted, strict=True):
                    row[:] = self._decoded(_bounded(file, name), name)
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
            said = " ".join(str(error).split())[:300] or type(error).__name__
            raise DataError(f"{path}: damaged, incomplete or not a zip file of JPEG images ({said}). {_REMEDY}") from error
        return images, np.array([label for label, _ in wanted], np.int64)

    def _verified(self, part: str, path: Path) -> bytes:
        size_of(path, LARGEST_ZIP)
        content = path.read_bytes()
        found, expected = hashlib.sha256(content).hexdigest(), self.sha256[part]
        if found != expected:
            raise DataError(f"{path}: not {part} of {self.name}: found SHA-256 {found}, expected {expected}. {_REMEDY}")
        return content

    def _decoded(self, jpeg: bytes, name: str) -> NDArray[np.uint8]:
        from PIL import Image

        colours, rows, columns = self.image_shape
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
                # The size is known before a pixel is decoded.
                if image.size != (columns, rows) or image.mode != "RGB" or colours != 3:
                    raise ValueError(f"{name} is a {image.mode} image of {image.size}; expected RGB of {(columns, rows)}")
                return np.asarray(image).transpose(2, 0, 1).reshape(-1)

    def _missing(self, root: str | os.PathLike[str] | None) -> str:
        places = ", ".join(str(place / self.name) for place in search_roots(root)) or "nowhere"
        files = " and ".join(f"{part}.zip" for part in self.sha256)
        return (
            f"{self.name}: found no folder with {files}; looked in {places}. There is no download: copy the files, "
            f"and set {ENVIRONMENT} to the folder that contains {self.name}/."
        )


def _bounded(file: zipfile.ZipFile, name: str) -> bytes:
    """Content of one member, whatever size the zip file claims; nothing is written to disk."""
    with file.open(name) as member:
        found = member.read(LARGEST_IMAGE + 1)
    if len(found) > LARGEST_IMAGE:
        raise ValueError(f"{name} has more than {LARGEST_IMAGE} bytes")
    return found


CIFAR_10_JPEG = JpegSource(
    "cifar-10-jpeg",
    {
        "train": "397915fa87e017c5dde93991284a69d9af18957440711819f4574ea449051345",
        "test": "2d657d757fec93068577b0e7708936d047c79707c267a80eda4365e07bc2c9df",
    },
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    {"train": 5000, "test": 1000},
)
"""CIFAR-10 (Krizhevsky 2009, Learning multiple layers of features from tiny images) as JPEG files, which are a lossy copy."""

JPEG_SOURCES: Mapping[str, JpegSource] = {source.name: source for source in (CIFAR_10_JPEG,)}
