"""Installation of Lava into a private folder of this interpreter."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from neurosim.backends.lava.interpreter import LAVA_VERSION, private_folders
from neurosim.errors import NeurosimError

_PACKAGES = (f"lava-nc=={LAVA_VERSION}", "networkx==2.8.7", "asteval==0.9.33")
"""Packages that Lava needs in addition to those of neurosim; numpy, scipy and matplotlib are shared."""


def install_lava() -> Path:
    """Install Lava for this interpreter, unless it is installed already, and return its folder.

    The declared version of Python is ignored: lava-nc 0.10.0 declares 3.10, and runs on newer versions with `compat.py`.

    Raises
    ------
    NeurosimError
        If there is no pip, no writable folder, or no network; the message ends with pip's last line.
    """
    for folder in private_folders():
        if folder.is_dir():
            return folder
    folder = _writable(private_folders())
    partial = folder.with_name(f".{folder.name}-{secrets.token_hex(6)}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(partial)]
    try:
        done = subprocess.run(
            [*command, "--no-deps", "--ignore-requires-python", *_PACKAGES], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NeurosimError(_failed(done.stderr))
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _writable(folders: tuple[Path, ...]) -> Path:
    """The first of the folders whose parent exists or can be created, and is writable."""
    for folder in folders:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder.parent, os.W_OK | os.X_OK):
            return folder
    raise NeurosimError(
        f"Lava: neither {folders[0].parent} nor {folders[1].parent} is writable. Make one of them writable, "
        "or set XDG_DATA_HOME to a writable folder."
    )


def _failed(words: str) -> str:
    if "No module named pip" in words:
        return f"Lava: {sys.executable} has no pip. Run '{sys.executable} -m ensurepip', then 'neurosim lava setup' again."
    last = [line.strip() for line in words.splitlines() if line.strip()][-1:] or ["pip gave no reason"]
    return (
        f"Lava: pip could not install {' '.join(_PACKAGES)} ({last[0]}). Check the network and pip's settings, "
        "then run 'neurosim lava setup' again."
    )
