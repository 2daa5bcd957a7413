"""Runs that are killed, and what is left of them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path


class Run:
    """A process, and whatever comes of it: known by a variable of the environment, files by their folder."""

    def __init__(self, folder, command, environment=os.environ, **options):
        self.mark = f"NEUROSIM_TEST={uuid.uuid4()}"
        self.folder, self.shared, self.names = folder, set(), set()
        name, value = self.mark.split("=")
        environment = {**environment, name: value, "TMPDIR": str(folder)}
        self.parent = subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            **options,
        )
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def _watch(self):
        while not self._ended.wait(0.02):
            self.processes()
            self.names |= {name for name in os.listdir(self.folder) if name.startswith("neurosim-")}

    def end(self):
        """Also when a test fails."""
        self._ended.set()
        self._watcher.join()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.parent.communicate(timeout=10)

    def processes(self):
        """Pid -> command line of those that live; remembers what shared memory they have."""
        alive = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if self.mark.encode() in Path("/proc", pid, "environ").read_bytes().split(b"\0"):
                    alive[int(pid)] = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    maps = Path("/proc", pid, "maps").read_text().splitlines()
                    self.shared |= {line.split()[5] for line in maps if "/dev/shm/" in line}
            except (OSError, IndexError):
                continue
        return alive

    def left(self):
        """What remains, for people."""
        named = [name for name in os.listdir("/dev/shm") if name.startswith(tuple(self.names))]
        # Brian2 keeps logs of a process that did not end well, on purpose. Python's tempfile tries the folder with a file whose
        # name is eight random letters; a process that is killed at that very moment leaves it.
        names = (name for name in os.listdir(self.folder) if not name.startswith("brian_"))
        files = [name for name in names if not re.fullmatch(r"[a-z0-9_]{8}", name)]
        return [*self.processes().items(), *files, *(s for s in self.shared if Path(s).exists()), *named]

    def wait_for(self, condition, seconds=120.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.left()
            time.sleep(0.01)

    def running(self, words):
        """Processes whose command line has `words`."""
        return [pid for pid, line in self.processes().items() if words in line]

    def wait_for_lava(self):
        self.wait_for(lambda: len(self.running("graph.py")) >= 6 and self.shared)

    def assert_nothing_left(self, seconds=3.0):
        self.wait_for(lambda: not self.left(), seconds)

    def refusal(self, seconds=30.0):
        """What the run says when it gives up; nothing is left by then."""
        errors = self.parent.communicate(timeout=seconds)[1]
        assert self.parent.returncode == 1 and "\nLavaError" in f"\n{errors}", errors
        self.assert_nothing_left()
        return errors


@contextlib.contextmanager
def short_folder():
    """Short enough for sockets, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
