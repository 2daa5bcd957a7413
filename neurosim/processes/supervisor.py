"""Watches over the processes of one `neurosim.processes.child.Supervised`, and clears away whatever is left of them.

A program of its own, in a session of its own, that needs the standard library only: it works whatever becomes of the parent and
of what it watches. ``supervisor.py PARENT PLACE`` makes a folder in PLACE and names it in a line of JSON. For each line with a
command, a log, a timeout and an environment it runs the command and answers with its exit code, or null if there is none. It
ends when its standard input does, when PARENT is gone, or when it is asked to.

A folder is locked for as long as its supervisor lives, so that the next one can tell what a killed one left. The environment of
every process that is watched names the folder, and names of its shared memory begin with that of the folder. Both are of use on
Linux only; elsewhere the process group is ended, and Python's resource tracker removes the rest.
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
"""Variable of the environment that names the folder."""
GRACE = 1.0
"""Seconds that processes get to clean up, between being asked to end and being killed."""
_POLL = 0.25
"""Seconds between two looks at who the parent is: another process may hold a copy of the pipe, and hide the parent's end."""
_LONGEST = 74
"""Characters of a folder in which multiprocessing can still make a socket."""
_READS_ENVIRONMENTS = os.path.exists("/proc/self/environ")
_HERE = f"neurosim-{binascii.crc32(os.uname().nodename.encode()) & 0xFFFF:04x}"
"""Beginning of the folders of this host: locks may not be seen from another one that shares the disk."""


def main(parent: int, place: str) -> None:
    """Serve `parent` until it is gone."""
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
    import shutil  # Takes as long to import as all the rest.

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
    """Standard input, whose other end only the parent holds."""

    def __init__(self, parent: int) -> None:
        self._parent, self._text, self.ended = parent, b"", False
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def pause(self) -> bool:
        """Wait for something to happen; False if that is the end."""
        ready = select.select([0, self._woken], [], [], _POLL)[0]
        signals = os.read(self._woken, 512) if self._woken in ready else b""
        text = os.read(0, 65536) if 0 in ready else b""
        self._text += text
        asked = (0 in ready and not text) or bool(set(signals) - {signal.SIGCHLD})
        self.ended = self.ended or asked or os.getppid() != self._parent
        return not self.ended

    def order(self) -> dict[str, Any] | None:
        """The parent's next one; None at the end."""
        while b"\n" not in self._text:
            if not self.pause():
                return None
        line, _, self._text = self._text.partition(b"\n")
        return dict(json.loads(line))


def _serve(
    line: _Lifeline, folder: str, command: list[str], log: str, timeout: float | None, environment: dict[str, str]
) -> None:
    """Run `command`; its end, that of `line` or that of its time is the end of every process that it started."""
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
    """A new folder, and the lock on it."""
    while True:
        folder = os.path.join(place, f"{_HERE}-{os.urandom(4).hex()}")
        os.mkdir(folder, 0o700)
        lock = os.open(folder, os.O_RDONLY)
        with contextlib.suppress(OSError):  # Where nothing can be locked, nothing is taken for left behind.
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(folder):  # Else another supervisor held it for left behind before it was locked.
            return folder, lock
        os.close(lock)


def _clear_left(place: str) -> None:
    """What supervisors left that were killed."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(place)):
            if entry.name.startswith(_HERE) and entry.is_dir(follow_symlinks=False):
                _clear_unlocked(entry)


def _clear_unlocked(entry: os.DirEntry[str]) -> None:
    with contextlib.suppress(OSError):  # Locked, or gone by now.
        if entry.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        lock = os.open(entry.path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear(entry.path)
        finally:
            os.close(lock)


def _end(folder: str, group: int | None) -> None:
    """End the processes of `folder`, and the process group."""
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
        pass  # Its leader has been waited for.
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _marked(folder: str) -> Iterator[int]:
    """Living processes whose environment names `folder`."""
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
    """A way to `folder` that is short enough for sockets."""
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
