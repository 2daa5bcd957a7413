"""What all tests need."""

import os
from pathlib import Path

import pytest

ROOMS = [Path(__file__).parent.parent / "neurosim" / room for room in ("emulate", "train")]
_MARKS = ("jit", "intrinsic", "emulate.compiled", "kernel_cache")


def _drop_stale_kernels():
    """Forget numba's caches of before the last change to a kernel.

    Numba compiles a kernel anew when its own file changes, but not when a kernel that it calls changes in another file.
    """
    for room in ROOMS:
        sources = [path for path in room.glob("*.py") if any(mark in path.read_text() for mark in _MARKS)]
        newest = max(path.stat().st_mtime for path in sources)
        for index in (room / "__pycache__").glob("*.nb[ic]"):
            if index.stat().st_mtime < newest:
                index.unlink(missing_ok=True)


_drop_stale_kernels()


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory):
    """Sign with a key of these tests, not with that of whoever runs them."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
