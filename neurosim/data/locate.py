"""Finding the files of an IDX data set, and verifying their checksums."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from neurosim.data.idx import read_payload
from neurosim.data.registry import PARTS, IdxSource
from neurosim.errors import DataError

ENVIRONMENT = "NEUROSIM_DATA"


def search_roots(root: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    """Folders that may contain data sets: `root` alone, or $NEUROSIM_DATA and then the user's cache."""
    if root is not None:
        return (Path(root),)
    cache = cache_folder()
    return (*_from_environment(), *((cache,) if cache else ()))


def cache_folder() -> Path | None:
    """Folder to which `fetch` downloads; None without the extra `datasets`, which `fetch` needs."""
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
            f"{ENVIRONMENT}={value}: found no such folder; expected one that contains mnist/ or fashion-mnist/. "
            "Correct the variable, or unset it to use the cache."
        )
    return (folder,)


def find_part(folder: Path, part: str) -> Path | None:
    """Path of a part in `folder`, gzipped or plain; None if it is missing."""
    candidates = (folder / f"{part}.gz", folder / part)
    return next((path for path in candidates if path.is_file()), None)


def find_parts(source: IdxSource, roots: tuple[Path, ...]) -> dict[str, Path] | None:
    """Paths of the four parts in the first folder that contains all of them; None if there is no such folder."""
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
        If the file is damaged, or its SHA-256 is not that of `part`.
    """
    payload = read_payload(path)
    wrong = mismatch(source, part, payload)
    if wrong:
        raise DataError(f"{path}: {wrong}. Remove the file and run 'neurosim data fetch {source.name}'.")
    return payload


def mismatch(source: IdxSource, part: str, payload: bytes) -> str:
    """Description of the difference if the SHA-256 of `payload` is not that of the part; otherwise empty."""
    found, expected = hashlib.sha256(payload).hexdigest(), source.sha256[part]
    if found == expected:
        return ""
    return f"not {part} of {source.name}: found SHA-256 {found} (uncompressed), expected {expected}"


def is_verified(source: IdxSource, part: str, folder: Path) -> bool:
    """Whether `folder` contains the part with the correct checksum."""
    path = find_part(folder, part)
    if path is None:
        return False
    try:
        read_part(source, part, path)
    except DataError:
        return False
    return True
