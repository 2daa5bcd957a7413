"""Reading an HDF5 file of unknown origin in a child process first.

A malicious file can make a C library loop for ever, crash or fill the memory. The child process has limits on time and memory,
and if it fails, only the child process ends.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from neurosim.files.hdf5_walk import Walk, opened, read_all

_CPU_SECONDS = 3
_BYTES_PER_SECOND = 20 << 20
"""Lowest accepted speed of unpacking; ten times lower than usual."""
_MEMORY = 1 << 30
_WAIT = 60
"""Wall time in seconds that is allowed per second of CPU time."""
_REFUSED = 3
# Without this, Python would search the current folder for modules first, which may contain files from somebody else too.
_RUN = "import sys; sys.path[:] = sys.argv[4:]; from neurosim.files.hdf5_child import main; main()"


def check_in_child(path: Path, most: int, foreign: bool = False) -> None:
    """Check and read the whole file at `path` in a child process; its arrays may have at most `most` bytes.

    `foreign` is as in `Walk`.

    Raises
    ------
    ValueError
        If the child process refused the file, crashed, or exceeded its time or memory.
    """
    seconds = _seconds(most)
    command = [sys.executable, "-I", "-c", _RUN, os.fspath(path.absolute()), str(most), str(int(foreign))]
    command += filter(None, sys.path)
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
    """Main function of the child process: exit code 0, or 3 with a line that describes the problem."""
    path, most, foreign = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1"
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _MEMORY + 4 * os.path.getsize(path))
    _limit(resource.RLIMIT_CPU, _CPU_SECONDS)
    try:
        with opened(path) as file:
            walk = Walk(most, foreign=foreign)
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
    # Not every operating system supports all limits.
    with suppress(ValueError, OSError):
        resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))
