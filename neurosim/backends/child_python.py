"""A simulator in another process: which Python runs it, and a supervised run of one of its scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import NeurosimError, UnsupportedError
from neurosim.processes.child import ChildLost, ChildTimeout, Supervised, supervised

TAIL_LINES = 60
"""Number of lines of the simulator's output that an error message contains."""
_FOREIGN = ("PYTHONPATH", "PYTHONHOME")


def foreign_environment() -> dict[str, str]:
    """Environment variables for another Python, without the packages of this one."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


def version_found(python: str, question: str, variable: str, wanted: str, seconds: float) -> str:
    """The last word that the code `question` prints in another Python, which is a version; "" if it fails.

    Raises
    ------
    UnsupportedError
        If the interpreter cannot be started; the message names the environment `variable` and what is `wanted` there.
    """
    # Not in the current folder, whose modules would be imported before those of Python.
    where = os.path.abspath(shutil.which(python) or python)
    try:
        asked = subprocess.run(
            [where, "-c", question], capture_output=True, text=True, env=foreign_environment(), timeout=seconds, cwd=os.sep
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnsupportedError(
            f"{variable}={python}: cannot be started ({error}). Set it to a Python with {wanted}, or unset it."
        ) from None
    return asked.stdout.split()[-1] if asked.returncode == 0 and asked.stdout.strip() else ""


@dataclass(frozen=True)
class ChildRun:
    """A run of a program by a simulator in child processes.

    Attributes
    ----------
    simulator, program : str
        Names, for messages.
    error : type
        What is raised if the simulator fails.
    """

    simulator: str
    program: str
    error: type[NeurosimError]

    @contextmanager
    def supervised(self) -> Iterator[Supervised]:
        """Child processes and a folder that end with the block or with this process; `error` if files cannot be written."""
        who, place = f"{self.simulator}'s run of {self.program!r}", "the folder of temporary files (TMPDIR)"
        try:
            with supervised() as children:
                place = str(children.folder)
                yield children
        except ChildLost as error:
            raise self.error(f"{who} was aborted: {error}.") from None
        except OSError as error:
            raise self.error(
                f"{who} needs space for files in {place}: {error}. Free some space, or set the variable TMPDIR to another "
                "folder."
            ) from None

    def run(
        self, children: Supervised, command: Sequence[str], log: Path, timeout: float | None, environment: Mapping[str, str]
    ) -> None:
        """Run `command`, whose output goes to the file `log`; `error` if it fails, or after `timeout` seconds."""
        try:
            code = children.run(command, log, timeout, environment)
        except ChildTimeout:
            raise self.failed(f"did not finish {self.program!r} within {timeout:g} s", log) from None
        if code:
            raise self.failed(f"failed while it ran {self.program!r} (exit code {code})", log)

    def failed(self, what: str, log: Path) -> NeurosimError:
        """An error with what happened, and the end of the simulator's output."""
        tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        said = "; its output ends with:" if tail else ", without any output."
        return self.error("\n".join([f"{self.simulator} {what}{said}", *tail]))
