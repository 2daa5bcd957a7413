import dataclasses
import hashlib
import os

import numpy as np
import pytest

from neurosim.data import dataset_names, load_dataset
from neurosim.data.datasets import load_idx_dataset
from neurosim.data.registry import PARTS, SOURCES
from neurosim.errors import DataError
from tests.unit import idx_files

needs_data = pytest.mark.skipif(
    not os.environ.get("NEUROSIM_DATA"),
    reason="NEUROSIM_DATA is not set: MNIST and Fashion-MNIST are not here",
)

# Recorded once; results depend on the split.
DIGITS_SHA256 = {
    "train_images": "5760f944f9d4583320655eb3932bdbb8a1d7ecccece1d5e8ac73699a93fdf434",
    "train_labels": "c1281028e5251b910fbb998bc625b6d6473e39ec5817e7c6d69de2f5f8bf38ab",
    "test_images": "3cc232bd25364446c8646cd9434a26e35ea92e20045d395b2fdd2232a75c9b8f",
    "test_labels": "4493b2052e7b4258621d51f10f17a672594c5e3f2beaa1cf97c818dc583aafe7",
}


@pytest.fixture
def tiny(tmp_path):
    contents = idx_files.payloads()
    idx_files.write(tmp_path / "tiny", contents)
    return idx_files.source(contents)


def test_digits_are_the_same_everywhere():
    data = load_dataset("digits")
    assert data.train_images.shape == (1437, 64)
    assert data.test_images.shape == (360, 64)
    assert data.train_images.dtype == np.uint8 and data.train_labels.dtype == np.int64
    assert data.train_images.max() == data.max_value == 16
    assert data.checksums == DIGITS_SHA256
    assert hashlib.sha256(data.test_images.tobytes()).hexdigest() == DIGITS_SHA256["test_images"]


def test_digits_are_split_as_scikit_learn_splits_them():
    sets, selection = pytest.importorskip("sklearn.datasets"), pytest.importorskip("sklearn.model_selection")
    images, labels = sets.load_digits(return_X_y=True)
    split = selection.train_test_split(images, labels, test_size=360, stratify=labels, random_state=0)
    data = load_dataset("digits")
    for ours, theirs in zip((data.train_images, data.test_images, data.train_labels, data.test_labels), split, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_without_images_is_refused(part):
    """With none of them, training had failed after an epoch, or said that its accuracy was NaN."""
    data = load_dataset("digits")
    nothing = {f"{part}_{name}": getattr(data, f"{part}_{name}")[:0] for name in ("images", "labels")}
    with pytest.raises(DataError, match=f"digits: {part}_labels are empty; expected at least one image"):
        dataclasses.replace(data, **nothing)


@needs_data
@pytest.mark.parametrize("name", SOURCES)
def test_idx_data_sets_of_the_environment(name):
    data = load_dataset(name)
    assert data.train_images.shape == (60000, 784)
    assert data.test_images.shape == (10000, 784)
    assert data.train_images.max() == data.max_value == 255
    assert set(data.train_labels) == set(range(10))
    assert data.checksums == SOURCES[name].sha256


@needs_data
def test_first_digit_of_mnist_is_its_well_known_five():
    data = load_dataset("mnist")
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.train_images[0].reshape(28, 28)[5, 12:16].tolist() == [3, 18, 18, 18]


def test_loads_gzipped_and_plain_files(tmp_path, tiny):
    part = PARTS[0]
    gzipped = load_idx_dataset(tiny, tmp_path)
    (tmp_path / "tiny" / f"{part}.gz").unlink()
    (tmp_path / "tiny" / part).write_bytes(idx_files.payloads()[part])
    plain = load_idx_dataset(tiny, tmp_path)
    np.testing.assert_array_equal(plain.train_images, gzipped.train_images)
    assert plain.train_images.shape == (6, 20)
    assert plain.test_labels.shape == (3,)


def test_arrays_cannot_be_changed_in_place(tmp_path, tiny):
    data = load_idx_dataset(tiny, tmp_path)
    for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_environment_names_the_folder(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path))
    assert len(load_idx_dataset(tiny).train_labels) == 6


def test_environment_that_names_no_folder(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "absent"))
    with pytest.raises(DataError, match="NEUROSIM_DATA=.*absent"):
        load_idx_dataset(tiny)


def test_missing_files_are_an_error_that_says_where_and_how(tmp_path, tiny):
    (tmp_path / "tiny" / f"{PARTS[2]}.gz").unlink()
    with pytest.raises(DataError) as error:
        load_idx_dataset(tiny, tmp_path)
    for expected in (str(tmp_path / "tiny"), PARTS[2], "neurosim data fetch tiny", "NEUROSIM_DATA"):
        assert expected in str(error.value)


def test_wrong_checksum_names_both_sums(tmp_path, tiny):
    other = idx_files.payloads(n_train=7)
    idx_files.write(tmp_path / "tiny", {PARTS[1]: other[PARTS[1]]})
    with pytest.raises(DataError) as error:
        load_idx_dataset(tiny, tmp_path)
    assert hashlib.sha256(other[PARTS[1]]).hexdigest() in str(error.value)
    assert tiny.sha256[PARTS[1]] in str(error.value)
    assert str(tmp_path / "tiny" / PARTS[1]) in str(error.value)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match="Did you mean 'mnist'"):
        load_dataset("mnits")
    assert dataset_names() == ["cifar-10-jpeg", "digits", "fashion-mnist", "mnist"]


BROKEN = {
    "more labels than images": ({"train_labels": np.zeros(7, np.int64)}, r"train_images are uint8 \(6, 20\)"),
    "not uint8": ({"test_images": np.zeros((3, 20))}, "test_images are float64"),
    "other image shape": ({"image_shape": (5, 5)}, r"expected uint8 \(6, 25\)"),
    "too bright": ({"max_value": 16}, "expected at most 16"),
    "label too large": ({"n_classes": 2}, "expected 0 to 1"),
}


@pytest.mark.parametrize("change, message", BROKEN.values(), ids=BROKEN.keys())
def test_data_set_that_does_not_fit_together(tmp_path, tiny, change, message):
    data = load_idx_dataset(tiny, tmp_path)
    with pytest.raises(DataError, match=message):
        dataclasses.replace(data, **change)
