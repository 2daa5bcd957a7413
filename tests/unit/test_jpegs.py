"""Data sets of JPEG files in zip files: they load in a fixed order, and hostile files are refused without a trace on disk."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from neurosim.data import fetch, load_dataset
from neurosim.data.datasets import load_jpegs
from neurosim.data.jpegs import LARGEST_IMAGE, JpegSource
from neurosim.errors import DataError

CLASSES, COLOURS = ("blue", "red"), ((0, 0, 255), (255, 0, 0))


def picture(colour=(0, 0, 255), size=(6, 4), kind="JPEG"):
    """A file of one colour; `size` is columns and rows."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return file.getvalue()


def members(part, images):
    colours = dict(zip(CLASSES, COLOURS, strict=True))
    return {f"{part}/{name}/{k:04}.jpg": picture(colours[name]) for name in CLASSES for k in range(images)}


def written(folder, changed=None, leave_out=()):
    """Write both zip files, with `changed` members in that of the test images, and return their source."""
    (folder / "tiny").mkdir()
    sums = {}
    for part, images in (("train", 3), ("test", 1)):
        path = folder / "tiny" / f"{part}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in (members(part, images) | (changed or {} if part == "test" else {})).items():
                if name not in leave_out:
                    file.writestr(name, content)
        sums[part] = hashlib.sha256(path.read_bytes()).hexdigest()
    return JpegSource("tiny", sums, CLASSES, {"train": 3, "test": 1}, (3, 4, 6))


def test_images_come_class_by_class_in_turn_with_colours_first(tmp_path):
    data = load_jpegs(written(tmp_path), tmp_path)
    assert data.train_labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert data.train_images.shape == (6, 72) and data.test_images.shape == (2, 72)
    assert data.image_shape == data.grid == (3, 4, 6) and set(data.checksums) == {"train.zip", "test.zip"}
    for image, label in zip(data.train_images, data.train_labels, strict=True):
        means = image.reshape(3, 24).mean(axis=1)
        np.testing.assert_allclose(means, COLOURS[label], atol=3)


TRAVERSAL = {"../../escaped.jpg": picture(), "/escaped.jpg": picture(), "test/other/0000.jpg": picture()}


def test_paths_in_the_zip_are_never_followed(tmp_path):
    before = {*tmp_path.parent.rglob("*")}
    data = load_jpegs(written(tmp_path, TRAVERSAL), tmp_path)
    assert len(data.test_labels) == 2
    assert {path.name for path in {*tmp_path.parent.rglob("*")} - before} == {"tiny", "train.zip", "test.zip"}


HOSTILE = {
    "a bomb": (bytes(LARGEST_IMAGE + 1), "more than 65536 bytes"),
    "another size": (picture(size=(4, 6)), r"RGB image of \(4, 6\); expected RGB of \(6, 4\)"),
    "another kind": (picture(kind="PNG"), "cannot identify image"),
    "cut off": (picture()[:300], "test.zip: damaged"),
    "nothing": (b"", "cannot identify image"),
}


@pytest.mark.parametrize("content, message", HOSTILE.values(), ids=HOSTILE.keys())
def test_images_that_are_none_are_refused(tmp_path, content, message):
    source = written(tmp_path, {"test/red/0000.jpg": content})
    with pytest.raises(DataError, match=message):
        load_jpegs(source, tmp_path)


def test_a_missing_image_is_named(tmp_path):
    source = written(tmp_path, leave_out=("test/red/0000.jpg",))
    with pytest.raises(DataError, match=r"test/red/0000\.jpg"):
        load_jpegs(source, tmp_path)


def test_another_file_is_refused_by_its_checksum(tmp_path):
    source = written(tmp_path)
    path = tmp_path / "tiny" / "test.zip"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=source.sha256["test"]):
        load_jpegs(source, tmp_path)


def test_missing_files_are_named_with_the_remedy(tmp_path):
    source = written(tmp_path)
    (tmp_path / "tiny" / "train.zip").unlink()
    with pytest.raises(DataError, match=r"no folder with train.zip and test.zip.*no download.*NEUROSIM_DATA"):
        load_jpegs(source, tmp_path)
    with pytest.raises(DataError, match="cifar-10-jpeg: there is no download"):
        fetch("cifar-10-jpeg")


@pytest.mark.skipif(not os.environ.get("NEUROSIM_DATA"), reason="NEUROSIM_DATA is not set: CIFAR-10 is not here")
def test_the_copy_of_cifar_10_is_balanced():
    data = load_dataset("cifar-10-jpeg")
    assert data.train_images.shape == (50_000, 3072) and data.test_images.shape == (10_000, 3072)
    assert data.image_shape == (3, 32, 32) and data.max_value == 255
    assert np.bincount(data.train_labels).tolist() == [5000] * 10 and np.bincount(data.test_labels).tolist() == [1000] * 10
    assert np.bincount(data.train_labels[:1000]).tolist() == [100] * 10
