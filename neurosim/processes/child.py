"""Child processes that leave nothing when they end, fail or take too long, or when this process is killed by any signal."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosim.processes import supervisor

_PATIENCE = 4 * supervisor.GRACE
"""Time in seconds that a supervisor gets to clean up."""


class ChildTimeout(Exception):
    """A child process was still running when its time was over."""


class ChildLost(Exception):
    """A child process or its supervisor could not be started or was killed; the message names the cause."""


class Supervised:
    """A folder and child processes, which a supervisor removes as soon as this object is closed or this process ends."""

    def __init__(self) -> None:
        place = _temporary()
        command = [sys.executable, "-I", "-S", "-B", supervisor.__file__, str(os.getpid()), place]
        self._supervisor = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        try:
            self.folder = Path(self._answer("folder"))
        except BaseException:
            self._stop()
            raise

    def run(
        self, command: Sequence[str], log: Path, timeout: float | None, environment: Mapping[str, str] | None = None
    ) -> int:
        """Run `command`, write its output to `log`, and return its exit code.

        The environment is `environment`, or that of this process. When this method returns, all processes that the command
        started have ended.

        Raises
        ------
        ChildTimeout
            If the command runs longer than `timeout` seconds.
        ChildLost
            If the supervisor was killed, or cannot start the command.
        """
        words = dict(os.environ if environment is None else environment)
        order = {"command": list(command), "log": str(log.absolute()), "timeout": timeout, "environment": words}
        with contextlib.suppress(BrokenPipeError):
            _input(self._supervisor).write(json.dumps(order).encode() + b"\n")
            _input(self._supervisor).flush()
        code = self._answer("code")
        if code is None:
            raise ChildTimeout
        return int(code)

    @property
    def mark(self) -> str:
        """Entry for the environment of another process, with which it ends together with these processes; on Linux only."""
        return f"{supervisor.MARK}={self.folder}"

    def close(self) -> None:
        """End every process and remove the folder."""
        self._stop()
        if self.folder.exists():
            supervisor.clear(str(self.folder))

    def _stop(self) -> None:
        # Closing the pipe is not enough: if this process was forked in the meantime, the copy keeps the pipe open.
        self._supervisor.terminate()
        with contextlib.suppress(BrokenPipeError):
            _input(self._supervisor).close()
        try:
            self._supervisor.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        _output(self._supervisor).close()

    def _answer(self, word: str) -> Any:
        """Next answer of the supervisor."""
        line = _output(self._supervisor).readline()
        if not line.endswith(b"\n"):
            raise ChildLost("its supervisor process was killed")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildLost(answer["error"])
        return answer[word]


@contextlib.contextmanager
def supervised() -> Iterator[Supervised]:
    """Context with a `Supervised` that is closed at the end.

    Raises
    ------
    ChildLost
        If there is no folder for temporary files, or it cannot be written.
    """
    children = Supervised()
    try:
        yield children
    finally:
        children.close()


def run_child(command: Sequence[str], log: Path, timeout: float | None, environment: Mapping[str, str] | None = None) -> int:
    """Run one command that needs no folder, as `Supervised.run` does."""
    with supervised() as children:
        return children.run(command, log, timeout, environment)


def _temporary() -> str:
    try:
        return tempfile.gettempdir()
    except OSError as error:
        raise ChildLost(str(error)) from None


def _input(process: subprocess.Popen[bytes]) -> Any:
    return process.stdin


def _output(process: subprocess.Popen[bytes]) -> Any:
    return process.stdout
