"""Provenance of a result: versions, commit, processor and date, but no path, user name or host name."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from neurosim._version import __version__

_PACKAGES = ("numpy", "scipy", "brian2", "numba", "h5py", "scikit-learn", "joblib", "lava-nc")


def provenance() -> dict[str, str]:
    """Versions and machine properties by name; packages that are not installed are left out."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "neurosim": __version__,
        **_git(),
        "python": platform.python_version(),
        **{name: version for name in _PACKAGES if (version := _version(name))},
        "processor": _processor(),
        "cores": str(os.cpu_count() or "unknown"),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


@functools.cache
def _git() -> dict[str, str]:
    """Commit of the checkout from which neurosim runs; empty if neurosim was installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return {}
    try:
        commit, changes = (_git_output(root, *words) for words in (("rev-parse", "HEAD"), ("status", "--porcelain")))
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": commit[:12] + (", with uncommitted changes" if changes else "")}


def _git_output(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


@functools.cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
