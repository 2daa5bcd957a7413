"""Selection of the Python interpreter that runs NEST.

Only the child processes of a run use it; this process does not import NEST.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from neurosim.errors import UnsupportedError

OLDEST = (3, 10)
"""Oldest version of NEST that runs the scripts."""
VARIABLE = "NEUROSIM_NEST_PYTHON"
"""Environment variable with the path of another interpreter in which NEST is installed."""
# A NEST that was built from source is no package of pip, so it has to be imported; it prints a greeting first.
_ASK = "import nest; print(); print(nest.__version__)"
_FOREIGN = ("PYTHONPATH", "PYTHONHOME")
_SECONDS = 120


@dataclass(frozen=True)
class NestPython:
    """An interpreter that can run NEST.

    Attributes
    ----------
    python : str
        Path of the interpreter.
    version : str
        Version of its NEST; "" if it has none.
    """

    python: str
    version: str

    def environment(self) -> Mapping[str, str]:
        """Environment variables of a child process, without the packages of another Python."""
        return dict(os.environ) if self.python == sys.executable else _own_environment()


def nest_python() -> NestPython:
    """The interpreter set in `NEUROSIM_NEST_PYTHON`, else this one."""
    named = os.environ.get(VARIABLE)
    if named:
        return NestPython(named, _version_elsewhere(named))
    try:
        return NestPython(sys.executable, version("nest-simulator"))
    except PackageNotFoundError:
        return NestPython(sys.executable, "")


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


@functools.cache
def _version_elsewhere(python: str) -> str:
    # Not in the current folder, whose modules would be imported before those of Python.
    where = os.path.abspath(shutil.which(python) or python)
    command = [where, "-c", _ASK]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, env=_own_environment(), timeout=_SECONDS, cwd=os.sep, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnsupportedError(
            f"{VARIABLE}={python}: cannot be started ({error}). Set it to a Python with NEST, or unset it."
        ) from None
    return asked.stdout.split()[-1] if asked.returncode == 0 and asked.stdout.strip() else ""


def require_nest() -> NestPython:
    """The interpreter that runs NEST.

    Raises
    ------
    UnsupportedError
        If it has no NEST, or an older version of it.
    """
    found = nest_python()
    numbers = re.match(r"(\d+)\.(\d+)", found.version)
    if numbers is None or tuple(int(part) for part in numbers.groups()) < OLDEST:
        what = f"NEST {found.version}" if found.version else "no NEST"
        mend = f"set {VARIABLE} to another interpreter" if os.environ.get(VARIABLE) else "run 'pip install neurosim[nest]'"
        raise UnsupportedError(
            f"NEST: found {what} for {found.python}, expected version {OLDEST[0]}.{OLDEST[1]} or later: {mend}. "
            "The emulator runs the same program without NEST."
        )
    return found
