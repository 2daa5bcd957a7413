"""Supervisor of the processes of one `neurosim.processes.child.Supervised`, which removes everything that they leave.

It is a separate program in a separate session that needs only the standard library, so that it works whatever happens to its
parent and to the processes it supervises. ``supervisor.py PARENT PLACE`` creates a folder in PLACE and prints its name in a
line of JSON. For each input line with a command, a log, a timeout and an environment, it runs the command and answers with the
exit code, or with null after a timeout. It ends when its standard input ends, when PARENT has ended, or after a signal.

A folder is locked while its supervisor runs, so that the next supervisor can recognise what a killed one left. The environment
of every supervised process names the folder, and names of its shared memory begin with the name of the folder. Both work only
on Linux; on other systems the process group is ended, and Python's resource tracker removes the rest.
"""

from __future__ import annotations

import binascii
import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

MARK = "NEUROSIM_SUPERVISED"
"""Environment variable that names the folder."""
GRACE = 1.0
"""Time in seconds that processes get to clean up, between SIGTERM and SIGKILL."""
_POLL = 0.25
"""Time in seconds between two checks of the parent; another process may have a copy of the pipe, which hides its end."""
_LONGEST = 74
"""Largest length of the path of a folder in which multiprocessing can create a socket."""
_READS_ENVIRONMENTS = os.path.exists("/proc/self/environ")
_HERE = f"neurosim-{binascii.crc32(os.uname().nodename.encode()) & 0xFFFF:04x}"
"""Beginning of the names of folders of this host, because locks may not be visible to another host that shares the disk."""


def main(parent: int, place: str) -> None:
    """Run the commands of `parent` until it ends."""
    line = _Lifeline(parent)
    folder, lock = _claim(place)
    try:
        _tell(folder=folder)
        _clear_left(place)
        while (order := line.order()) is not None:
            _serve(line, folder, **order)
    finally:
        clear(folder)
        os.close(lock)


def clear(folder: str, group: int | None = None) -> None:
    """End every process of `folder`, then remove its shared memory and itself."""
    import shutil  # Imported here, because it takes as long to import as everything else together.

    _end(folder, group)
    name = os.path.basename(folder)
    with contextlib.suppress(OSError):
        for shared in os.listdir("/dev/shm"):
            if shared.startswith(name):
                os.unlink(f"/dev/shm/{shared}")
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.unlink(_shortcut(folder))


class _Lifeline:
    """Standard input, which ends with the parent, and signals."""

    def __init__(self, parent: int) -> None:
        self._parent, self._text, self.ended = parent, b"", False
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def pause(self) -> bool:
        """Wait for input, a signal or the poll interval; return False if the supervisor has to end."""
        ready = select.select([0, self._woken], [], [], _POLL)[0]
        signals = os.read(self._woken, 512) if self._woken in ready else b""
        text = os.read(0, 65536) if 0 in ready else b""
        self._text += text
        asked = (0 in ready and not text) or bool(set(signals) - {signal.SIGCHLD})
        self.ended = self.ended or asked or os.getppid() != self._parent
        return not self.ended

    def order(self) -> dict[str, Any] | None:
        """Next order of the parent; None at the end."""
        while b"\n" not in self._text:
            if not self.pause():
                return None
        line, _, self._text = self._text.partition(b"\n")
        return dict(json.loads(line))


def _serve(
    line: _Lifeline, folder: str, command: list[str], log: str, timeout: float | None, environment: dict[str, str]
) -> None:
    """Run `command`; when it ends, its time is over or `line` ends, end every process that it started."""
    environment = {**environment, MARK: folder, "TMPDIR": _short(folder)}
    with open(log, "wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=environment
        )
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    while child.poll() is None and line.pause() and time.monotonic() < deadline:
        pass
    code = child.returncode
    _end(folder, child.pid)
    child.wait()
    if not line.ended:
        _tell(code=code)


def _claim(place: str) -> tuple[str, int]:
    """Create and lock a new folder; return its name and the descriptor of the lock."""
    while True:
        folder = os.path.join(place, f"{_HERE}-{os.urandom(4).hex()}")
        os.mkdir(folder, 0o700)
        lock = os.open(folder, os.O_RDONLY)
        with contextlib.suppress(OSError):  # Where folders cannot be locked, no supervisor removes those of others.
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(folder):  # Otherwise another supervisor removed it before it was locked.
            return folder, lock
        os.close(lock)


def _clear_left(place: str) -> None:
    """Remove the folders of supervisors that were killed."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(place)):
            if entry.name.startswith(_HERE) and entry.is_dir(follow_symlinks=False):
                _clear_unlocked(entry)


def _clear_unlocked(entry: os.DirEntry[str]) -> None:
    with contextlib.suppress(OSError):  # The folder is locked, or has been removed.
        if entry.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        lock = os.open(entry.path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear(entry.path)
        finally:
            os.close(lock)


def _end(folder: str, group: int | None) -> None:
    """End the processes of `folder` and of the process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE
        _signal_all(folder, group, number)
        while _alive(folder, group):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
            if number == signal.SIGKILL:
                _signal_all(folder, group, number)
        else:
            return


def _signal_all(folder: str, group: int | None, number: int) -> None:
    if group is not None:
        with contextlib.suppress(OSError):
            os.killpg(group, number)
    for pid in _marked(folder):
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _alive(folder: str, group: int | None) -> bool:
    return any(_marked(folder)) if _READS_ENVIRONMENTS else group is not None and _group_alive(group)


def _group_alive(group: int) -> bool:
    try:
        os.waitpid(group, os.WNOHANG)
    except ChildProcessError:
        pass  # The leader of the group has already been waited for.
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _marked(folder: str) -> Iterator[int]:
    """Running processes whose environment names `folder`."""
    mark = os.fsencode(f"{MARK}={folder}")
    for name in os.listdir("/proc") if _READS_ENVIRONMENTS else ():
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            if mark in file.read().split(b"\0"):
                yield int(name)


def _shortcut(folder: str) -> str:
    return f"/tmp/{os.path.basename(folder)}.link"


def _short(folder: str) -> str:
    """A path to `folder` that is short enough for sockets."""
    if len(folder) <= _LONGEST:
        return folder
    with contextlib.suppress(OSError):
        os.symlink(folder, _shortcut(folder))
    return _shortcut(folder)


def _tell(**words: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2])
    except OSError as error:
        _tell(error=str(error))
