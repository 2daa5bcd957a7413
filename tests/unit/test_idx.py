import gzip
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from neurosim.data.idx import read_idx
from neurosim.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def idx_bytes(array: np.ndarray, dtype: str = "u1") -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[dtype], array.ndim, *array.shape)
    return header + array.astype(dtype).tobytes()


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 3, 4)])
def test_reads_every_type_and_shape(tmp_path, dtype, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    (tmp_path / "a").write_bytes(idx_bytes(array, dtype))
    read = read_idx(tmp_path / "a")
    assert read.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(read, array)
    assert read.shape == shape


def test_gzip_is_seen_by_content_not_by_name(tmp_path):
    array = np.arange(6).reshape(2, 3)
    (tmp_path / "no-suffix").write_bytes(gzip.compress(idx_bytes(array)))
    (tmp_path / "plain.gz").write_bytes(idx_bytes(array))
    np.testing.assert_array_equal(read_idx(tmp_path / "no-suffix"), array)
    np.testing.assert_array_equal(read_idx(tmp_path / "plain.gz"), array)


GOOD = idx_bytes(np.arange(12).reshape(3, 4))
DAMAGED = {
    "empty": (b"", "first bytes"),
    "not idx": (b"PK\x03\x04 and more", "first bytes '50 4b 03 04'"),
    "unknown type": (b"\0\0\x0a\x01" + GOOD[4:], "type TT"),
    "no dimension": (b"\0\0\x08\x00", "at least one dimension"),
    "short header": (GOOD[:7], "a header of 12 bytes for 2 dimensions"),
    "truncated": (GOOD[:-1], "found 23 bytes, expected 24 bytes"),
    "too long": (GOOD + b"x", "found 25 bytes, expected 24 bytes"),
    "huge dimensions": (b"\0\0\x08\x03" + b"\xff" * 12, "expected 79228162458924105385300197391 bytes"),
    "truncated gzip": (gzip.compress(GOOD)[:-4], "damaged gzip"),
    "gzip with a wrong checksum": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "damaged gzip"),
    "gzip with a broken stream": (gzip.compress(GOOD)[:10] + b"\xff" * 20, "damaged gzip"),
    "gzip of a short file": (gzip.compress(GOOD[:-1]), "found 23 bytes"),
}


@pytest.mark.parametrize("payload, message", DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_is_named_with_file_and_remedy(tmp_path, payload, message):
    path = tmp_path / "images"
    path.write_bytes(payload)
    with pytest.raises(DataError) as error:
        read_idx(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "Replace the file" in str(error.value)


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="absent.*no such file"):
        read_idx(tmp_path / "absent")
    with pytest.raises(DataError, match="a folder"):
        read_idx(tmp_path)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    header = bytes([0, 0, 8, 3]) + np.array([60000, 1000, 100], ">u4").tobytes()
    packer, block = zlib.compressobj(9, wbits=31), bytes(1 << 24)
    with path.open("wb") as file:
        file.write(packer.compress(header) + packer.flush(zlib.Z_FULL_FLUSH))
        # A block that refers to nothing before it, so that it can be packed once and written often.
        packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
        file.write(6 * 64 * packed + packer.flush())
    assert path.stat().st_size < 7e6
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"train-images.*unpacks to more than \d+ bytes"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 4e8
    finally:
        tracemalloc.stop()


def test_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="a folder, pipe or device"):
        read_idx(tmp_path / "pipe")
