"""Download data sets into the cache; a file gets its name only once its checksum is right."""

from __future__ import annotations

import os
from pathlib import Path

from neurosim.data.idx import read_payload
from neurosim.data.locate import ENVIRONMENT, cache_folder, find_parts, is_verified, mismatch, search_roots
from neurosim.data.registry import PARTS, SOURCES, IdxSource
from neurosim.errors import DataError, unknown_name
from neurosim.files.atomic import atomic_write
from neurosim.terminal.progress import download_bar

_TIMEOUT_S = 30
_CHUNK = 64 * 1024


def fetch(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Make sure that a data set is on this machine.

    Files that are already there with the right checksum are not downloaded again, so a fetch that broke off
    is finished by running it once more.

    Parameters
    ----------
    name : str
        ``mnist`` or ``fashion-mnist``.
    root : path, optional
        Folder to fill; the user's cache if left out, and then only if $NEUROSIM_DATA lacks the data set.

    Returns
    -------
    Path
        The folder with the four files.

    Raises
    ------
    DataError
        If the name is unknown, the network fails, or what arrives has the wrong checksum.
    """
    if name == "digits":
        raise DataError("digits: nothing to fetch, it comes with neurosim. Use load_dataset('digits').")
    if name not in SOURCES:
        raise DataError(unknown_name("data set to fetch", name, SOURCES))
    source = SOURCES[name]
    return _verified_folder(source, root) or fetch_source(source, _target(root) / name)


def fetch_source(source: IdxSource, folder: Path) -> Path:
    """Fill `folder` with the files of `source` that it does not have yet."""
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
                f"{url}: what arrived is {wrong}. It was thrown away; try again later, or {_by_hand(source)}."
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
                "Check the connection and run the command again (files that were verified are kept), "
                f"or {_by_hand(source)}."
            ) from error


def _problem(source: IdxSource, part: str, path: Path) -> str:
    try:
        return mismatch(source, part, read_payload(path))
    except DataError:
        return "a damaged gzip file"


def _by_hand(source: IdxSource) -> str:
    return f"get the four files elsewhere and set {ENVIRONMENT} to the folder that holds {source.name}/"


def _no_pooch(what: str) -> str:
    return (
        f"{what}: pooch, which downloads, is not installed. Run pip install 'neurosim[datasets]', "
        f"or set {ENVIRONMENT} to a folder that already holds the files."
    )
