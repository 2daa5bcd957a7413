"""Downloading data sets to the cache; a file gets its final name only after its checksum was verified."""

from __future__ import annotations

import os
from pathlib import Path

from neurosim.data.idx import read_payload
from neurosim.data.jpegs import JPEG_SOURCES
from neurosim.data.locate import ENVIRONMENT, cache_folder, find_parts, is_verified, mismatch, search_roots
from neurosim.data.registry import PARTS, SOURCES, IdxSource
from neurosim.errors import DataError, unknown_name
from neurosim.files.atomic import atomic_write
from neurosim.terminal.progress import download_bar

_TIMEOUT_S = 30
_CHUNK = 64 * 1024


def fetch(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Make sure that a data set is on this machine, and download it if needed.

    Files that exist with the correct checksum are not downloaded again. To finish an interrupted download, call the
    function again.

    Parameters
    ----------
    name : str
        ``mnist`` or ``fashion-mnist``.
    root : path, optional
        Folder for the files. If it is left out, the user's cache is used, unless $NEUROSIM_DATA contains the data set.

    Returns
    -------
    Path
        Folder with the four files.

    Raises
    ------
    DataError
        If the name is unknown, the download fails, or a downloaded file has the wrong checksum.
    """
    if name == "digits":
        raise DataError("digits: nothing to download, because this data set comes with neurosim. Use load_dataset('digits').")
    if name in JPEG_SOURCES:
        raise DataError(
            f"{name}: there is no download for it. Copy its files, and set {ENVIRONMENT} to the folder that contains {name}/."
        )
    if name not in SOURCES:
        raise DataError(unknown_name("data set to fetch", name, SOURCES))
    source = SOURCES[name]
    return _verified_folder(source, root) or fetch_source(source, _target(root) / name)


def fetch_source(source: IdxSource, folder: Path) -> Path:
    """Download those files of `source` that are not in `folder` yet."""
    for part in PARTS:
        if not is_verified(source, part, folder):
            _download(source, part, folder)
    return folder


def _verified_folder(source: IdxSource, root: str | os.PathLike[str] | None) -> Path | None:
    paths = find_parts(source, search_roots(root))
    if paths is None:
        return None
    folder = paths[PARTS[0]].parent
    return folder if all(is_verified(source, part, folder) for part in PARTS) else None


def _target(root: str | os.PathLike[str] | None) -> Path:
    folder = Path(root) if root is not None else cache_folder()
    if folder is None:
        raise DataError(_no_pooch("data sets"))
    return folder


def _download(source: IdxSource, part: str, folder: Path) -> None:
    url = f"{source.url}{part}.gz"
    with atomic_write(folder / f"{part}.gz") as partial:
        _get(source, url, partial)
        wrong = _problem(source, part, partial)
        if wrong:
            raise DataError(
                f"{url}: the downloaded file is {wrong}. It was deleted; try again later, or {_by_hand(source)}."
            )


def _get(source: IdxSource, url: str, path: Path) -> None:
    try:
        import pooch
        import requests
    except ImportError as error:
        raise DataError(_no_pooch(source.name)) from error
    with download_bar(f"{source.name}: {url.rpartition('/')[2]}") as bar:
        try:
            pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT_S)(url, str(path), None)
        except requests.exceptions.RequestException as error:
            raise DataError(
                f"{source.name}: could not download {url} ({type(error).__name__}: {error}). "
                "Check the connection and run the command again (verified files are kept), "
                f"or {_by_hand(source)}."
            ) from error


def _problem(source: IdxSource, part: str, path: Path) -> str:
    try:
        return mismatch(source, part, read_payload(path))
    except DataError:
        return "a damaged gzip file"


def _by_hand(source: IdxSource) -> str:
    return f"get the four files elsewhere and set {ENVIRONMENT} to the folder that contains {source.name}/"


def _no_pooch(what: str) -> str:
    return (
        f"{what}: the package pooch, which is needed for downloads, is not installed. Run pip install 'neurosim[datasets]', "
        f"or set {ENVIRONMENT} to a folder that contains the files."
    )
