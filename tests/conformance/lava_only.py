"""An environment that has Lava and nothing of neurosim, made in a moment: its packages are links to those of this Python."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

from neurosim.backends.lava.interpreter import require_lava

PACKAGES = ("lava-nc", "networkx", "asteval", "numpy", "scipy")
"""Lava and what it needs to run. Its metadata also demands scikit-learn, which no process of a graph imports."""
_LEFT_OUT = {"..", "tests", "share", "__pycache__"}
"""lava-nc installs a package called `tests`."""


def lava_only(place: Path) -> Path:
    """Make the environment in a new folder, and return its interpreter."""
    venv.EnvBuilder(symlinks=True).create(place)
    site = next(place.glob("lib/python*/site-packages"))
    for name in PACKAGES:
        package = _found(name)
        for top in {file.parts[0] for file in package.files or ()} - _LEFT_OUT:
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    return place / "bin" / "python"


def _found(name: str) -> Distribution:
    private = require_lava().folder
    folders = [*([] if private is None else [str(private)]), *sys.path]
    return next(iter(distributions(name=name, path=folders)))


def run_alone(python: Path, *words: object, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a Python program in the environment, without variables that name packages of another one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NEUROSIM"))}
    command = [str(python), *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, timeout=timeout, check=False)
