"""Find the files of an IDX data set, and let through only those with the right checksum."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from neurosim.data.idx import read_payload
from neurosim.data.registry import PARTS, IdxSource
from neurosim.errors import DataError

ENVIRONMENT = "NEUROSIM_DATA"


def search_roots(root: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    """Folders that may hold data sets: `root` alone, or $NEUROSIM_DATA and then the user's cache."""
    if root is not None:
        return (Path(root),)
    cache = cache_folder()
    return (*_from_environment(), *((cache,) if cache else ()))


def cache_folder() -> Path | None:
    """Folder that `fetch` fills; None without the extra `datasets`, which alone could have filled it."""
    try:
        import pooch
    except ImportError:
        return None
    return Path(pooch.os_cache("neurosim")).expanduser()


def _from_environment() -> tuple[Path, ...]:
    value = os.environ.get(ENVIRONMENT)
    if not value:
        return ()
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"{ENVIRONMENT}={value}: found no such folder, expected one that holds mnist/ or fashion-mnist/. "
            "Correct the variable, or unset it to use the cache."
        )
    return (folder,)


def find_part(folder: Path, part: str) -> Path | None:
    """File of a part in `folder`, gzipped or plain."""
    candidates = (folder / f"{part}.gz", folder / part)
    return next((path for path in candidates if path.is_file()), None)


def find_parts(source: IdxSource, roots: tuple[Path, ...]) -> dict[str, Path] | None:
    """Part -> file, in the first folder that holds all four."""
    for root in roots:
        found = {part: find_part(root / source.name, part) for part in PARTS}
        paths = {part: path for part, path in found.items() if path is not None}
        if len(paths) == len(PARTS):
            return paths
    return None


def read_part(source: IdxSource, part: str, path: Path) -> bytes:
    """Uncompressed content of `path`.

    Raises
    ------
    DataError
        If the file is damaged, or its SHA-256 is not the one of `part`.
    """
    payload = read_payload(path)
    wrong = mismatch(source, part, payload)
    if wrong:
        raise DataError(f"{path}: {wrong}. Remove the file and run 'neurosim data fetch {source.name}'.")
    return payload


def mismatch(source: IdxSource, part: str, payload: bytes) -> str:
    """How `payload` differs from the part by its SHA-256; empty if it does not."""
    found, expected = hashlib.sha256(payload).hexdigest(), source.sha256[part]
    if found == expected:
        return ""
    return f"not {part} of {source.name}: found SHA-256 {found} (uncompressed), expected {expected}"


def is_verified(source: IdxSource, part: str, folder: Path) -> bool:
    """Whether `folder` has the part with the right checksum."""
    path = find_part(folder, part)
    if path is None:
        return False
    try:
        read_part(source, part, path)
    except DataError:
        return False
    return True
