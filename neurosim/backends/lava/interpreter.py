"""Selection of the Python interpreter that runs Lava, and of the folder in which Lava is installed.

Only the child processes of a run use them; this process does not import Lava.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

import platformdirs

from neurosim.backends.child_python import foreign_environment, version_found
from neurosim.errors import UnsupportedError

LAVA_VERSION = "0.10.0"
"""Version of lava-nc whose arithmetic the programs are written for."""
VARIABLE = "NEUROSIM_LAVA_PYTHON"
"""Environment variable with the path of another interpreter in which lava-nc is installed."""
_ASK = "from importlib.metadata import version; print(version('lava-nc'))"
_SECONDS = 60


@dataclass(frozen=True)
class LavaPython:
    """An interpreter that can run Lava.

    Attributes
    ----------
    python : str
        Path of the interpreter.
    folder : Path or None
        Private folder that contains Lava, or None if Lava is installed among the interpreter's other packages.
    version : str
        Version of its lava-nc; "" if it has none.
    """

    python: str
    folder: Path | None
    version: str

    def environment(self) -> Mapping[str, str]:
        """Environment variables of a child process: with the private folder, and without the packages of another Python."""
        own = dict(os.environ) if self.python == sys.executable else foreign_environment()
        if self.folder is not None:
            own["PYTHONPATH"] = os.pathsep.join(filter(None, (str(self.folder), own.get("PYTHONPATH"))))
        return own


def private_folders() -> tuple[Path, Path]:
    """Folders for a Lava that only this interpreter uses: in its environment, or in the user's data folder."""
    name = "lava-{}-py{}{}".format(LAVA_VERSION, *sys.version_info[:2])
    return (
        Path(sys.prefix) / "share" / "neurosim" / name,
        Path(platformdirs.user_data_dir("neurosim", appauthor=False)) / name,
    )


def lava_python() -> LavaPython:
    """The interpreter set in `NEUROSIM_LAVA_PYTHON`, else this one, with its own Lava or one in a private folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return LavaPython(named, None, _version_elsewhere(named))
    try:
        return LavaPython(sys.executable, None, version("lava-nc"))
    except PackageNotFoundError:
        pass
    for folder in private_folders():
        found = [d.version for d in distributions(name="lava-nc", path=[str(folder)])]
        if found:
            return LavaPython(sys.executable, folder, found[0])
    return LavaPython(sys.executable, None, "")


@functools.cache
def _version_elsewhere(python: str) -> str:
    return version_found(python, _ASK, VARIABLE, f"lava-nc {LAVA_VERSION}", _SECONDS)


def require_lava() -> LavaPython:
    """The interpreter that runs Lava.

    Raises
    ------
    UnsupportedError
        If it has no lava-nc, or another version of it.
    """
    found = lava_python()
    if found.version != LAVA_VERSION:
        what = f"lava-nc {found.version}" if found.version else "no lava-nc"
        remedy = f"set {VARIABLE} to another interpreter" if os.environ.get(VARIABLE) else "run 'neurosim lava setup'"
        raise UnsupportedError(
            f"Lava: found {what} for {found.python}, expected version {LAVA_VERSION}: {remedy}. "
            "The emulator runs the same program without Lava."
        )
    return found
