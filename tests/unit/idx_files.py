"""A small data set in the layout of MNIST, for the tests of loading and fetching."""

import gzip
import hashlib
from pathlib import Path

import numpy as np

from neurosim.data.registry import PARTS, IdxSource


def idx(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype("u1").tobytes()


def payloads(n_train: int = 6, n_test: int = 3) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    arrays = [
        array
        for n in (n_train, n_test)
        for array in (rng.integers(0, 256, (n, 4, 5)), rng.integers(0, 10, n))
    ]
    return {part: idx(array) for part, array in zip(PARTS, arrays, strict=True)}


def source(contents: dict[str, bytes], url: str = "http://127.0.0.1:1/") -> IdxSource:
    sums = {part: hashlib.sha256(payload).hexdigest() for part, payload in contents.items()}
    return IdxSource("tiny", url, sums, image_shape=(4, 5))


def write(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, payload in contents.items():
        (folder / f"{part}.gz").write_bytes(gzip.compress(payload))
