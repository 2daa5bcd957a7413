"""Walks and reads an HDF5 file of unknown origin in a child process first.

Libraries of C can loop for ever, crash or fill the memory on a file made for that. The child has limits on all three, and only
it ends.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import h5py

from neurosim.files.hdf5_walk import Walk, read_all

_CPU_SECONDS = 3
_BYTES_PER_SECOND = 20 << 20
"""Of unpacking; ten times slower than usual."""
_MEMORY = 1 << 30
_WAIT = 60
"""Wall time for each second of CPU time."""
_REFUSED = 3
# Python would look for modules in the current folder first, which may be the stranger's, too.
_RUN = "import sys; sys.path[:] = sys.argv[3:]; from neurosim.files.hdf5_child import main; main()"


def check_in_child(path: Path, most: int) -> None:
    """Walk through the file at `path` and read all of it, in a child process; its arrays may have `most` bytes.

    Raises
    ------
    ValueError
        If the child refused it, crashed, or ran out of time or memory.
    """
    seconds = _seconds(most)
    command = [sys.executable, "-I", "-c", _RUN, os.fspath(path.absolute()), str(most), *filter(None, sys.path)]
    threads = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **threads},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WAIT * seconds,
        )
    except subprocess.TimeoutExpired:
        raise ValueError("reading it does not end") from None
    if done.returncode == _REFUSED:
        raise ValueError(done.stdout.decode(errors="replace").strip() or "it could not be read")
    if done.returncode == -signal.SIGXCPU:
        raise ValueError("reading it does not end")
    if done.returncode:
        raise ValueError(f"reading it made HDF5 fail (exit code {done.returncode})")


def _seconds(size: int) -> int:
    return _CPU_SECONDS + size // _BYTES_PER_SECOND


def main() -> None:
    """Of the child: exit code 0, or 3 with a line that says what is wrong."""
    path, most = sys.argv[1], int(sys.argv[2])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _MEMORY + 4 * os.path.getsize(path))
    _limit(resource.RLIMIT_CPU, _CPU_SECONDS)
    try:
        with h5py.File(path, "r") as file:
            walk = Walk(most)
            found = list(walk.datasets(file))
            _limit(resource.RLIMIT_CPU, _seconds(walk.declared))
            read_all(file, found)
    except MemoryError:
        _refuse("reading it needs too much memory")
    except Exception as error:
        _refuse(str(error))


def _refuse(why: str) -> None:
    print(" ".join(why.split())[:500])
    sys.exit(_REFUSED)


def _limit(which: int, soft: int) -> None:
    # Not every system limits all of them.
    with suppress(ValueError, OSError):
        resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))
