"""Data sets that exist as IDX files: their sources and the SHA-256 checksums of their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PARTS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""File names without `.gz`: training images and labels, test images and labels."""


@dataclass(frozen=True)
class IdxSource:
    """A data set of four IDX files.

    Attributes
    ----------
    name : str
        Name of the data set and of its folder.
    url : str
        Folder from which `<part>.gz` is downloaded, with a slash at its end.
    sha256 : mapping
        Part (a name of `PARTS`) -> SHA-256 of the uncompressed file.
    image_shape : tuple of int
        Rows and columns of an image.
    n_classes : int
        Number of classes; labels are from 0 to n_classes - 1.
    """

    name: str
    url: str
    sha256: Mapping[str, str]
    image_shape: tuple[int, int] = (28, 28)
    n_classes: int = 10


MNIST = IdxSource(
    "mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)

FASHION_MNIST = IdxSource(
    "fashion-mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
)

SOURCES: Mapping[str, IdxSource] = {source.name: source for source in (MNIST, FASHION_MNIST)}
