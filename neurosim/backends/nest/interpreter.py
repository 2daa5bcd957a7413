"""Selection of the Python interpreter that runs NEST.

Only the child processes of a run use it; this process does not import NEST.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from neurosim.backends.child_python import foreign_environment, version_found
from neurosim.errors import UnsupportedError

OLDEST = (3, 10)
"""Oldest version of NEST that runs the scripts."""
VARIABLE = "NEUROSIM_NEST_PYTHON"
"""Environment variable with the path of another interpreter in which NEST is installed."""
# A NEST that was built from source is no package of pip, so it has to be imported; it prints a greeting first.
_ASK = "import nest; print(); print(nest.__version__)"
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
        return dict(os.environ) if self.python == sys.executable else foreign_environment()


def nest_python() -> NestPython:
    """The interpreter set in `NEUROSIM_NEST_PYTHON`, else this one."""
    named = os.environ.get(VARIABLE)
    if named:
        return NestPython(named, _version_elsewhere(named))
    try:
        return NestPython(sys.executable, version("nest-simulator"))
    except PackageNotFoundError:
        return NestPython(sys.executable, "")


@functools.cache
def _version_elsewhere(python: str) -> str:
    return version_found(python, _ASK, VARIABLE, "NEST", _SECONDS)


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
