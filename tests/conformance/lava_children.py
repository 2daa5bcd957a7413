"""Lava for tests: always in a child with a timeout, several networks in one child."""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.backends.lava import interpreter
from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.interpreter import LAVA_VERSION, lava_python, require_lava
from neurosim.processes.child import run_child
from tests.conformance.random_programs import prefixed, union

STEPS = 30
TIMEOUT = 600.0

needs_lava = pytest.mark.skipif(lava_python().version != LAVA_VERSION, reason="no Lava: 'neurosim lava setup' installs it")


def joined(inputs):
    """Inputs of the networks of a union."""
    return {prefixed(k, name): raster for k, given in enumerate(inputs) for name, raster in given.items()}


def inline(programs, inputs, folder):
    """Lava's models without Lava's runtime: "<prefixed population>.<u, v, theta or spike>" -> (steps, n)."""
    write_graph(union(programs), folder)
    np.savez(folder / "inputs.npz", **joined(inputs))
    script, log = Path(__file__).parent / "lava_inline.py", folder / "log.txt"
    lava = require_lava()
    code = run_child([lava.python, str(script), str(folder), str(STEPS)], log, TIMEOUT, lava.environment())
    assert code == 0, log.read_text()
    with np.load(folder / "results.npz") as file:
        return {name: file[name] for name in file.files}


class Oracle:
    """A process with Lava that answers questions, see `lava_oracle`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, question: str, *arguments: Any) -> Any:
        """The answer; what Lava raises is raised as a ValueError that begins with the name of the exception."""
        pickle.dump((question, arguments), self._process.stdin)
        self._process.stdin.flush()
        error, answer = pickle.load(self._process.stdout)
        if error:
            raise ValueError(f"{error}: {answer}")
        return answer


@contextmanager
def oracle() -> Iterator[Oracle]:
    lava, script = require_lava(), Path(__file__).with_name("lava_oracle.py")
    support = Path(interpreter.__file__).parent
    with subprocess.Popen(
        [lava.python, str(script), str(support)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(lava.environment())
    ) as process:
        yield Oracle(process)
        process.stdin.close()
