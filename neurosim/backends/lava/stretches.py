"""A step program that goes on in Lava: a supervised child process waits for orders from one stretch to the next."""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backends.child_python import ChildRun
from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.graph_learning import graph_learning
from neurosim.backends.lava.interpreter import require_lava
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.runner import check_probes, spikes_of, states_of
from neurosim.backends.lava.runner_learning import third_factors
from neurosim.errors import LavaError
from neurosim.files.npz import read_npz
from neurosim.processes.child import ChildLost, ChildTimeout, Supervised
from neurosim.program.inputs import complete_inputs
from neurosim.results.recording import Recording

LOG = "lava.log"
"""Name of the file with Lava's output."""
_POLL = 0.25
"""Time in seconds between two looks whether the child still lives."""


class LavaStretches:
    """A program with its state in Lava.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to run, in Lava's ``floating_pt`` or ``fixed_pt`` models.
    probes : sequence of (population, variable)
        States to record at every step.

    Raises
    ------
    NetworkError
        If a probe does not fit the program.
    UnsupportedError
        If lava-nc is not installed, or has no process for a part of the program.
    LavaError
        If Lava fails; the message contains Lava's own traceback.
    """

    def __init__(self, program: Program, probes: Sequence[tuple[str, str]]) -> None:
        lava = require_lava()
        check_probes(program, probes)
        self._program, self._graph = program, graph_learning(program)
        self._found: dict[str, Any] = {}
        children = Supervised()
        folder = self._folder = children.folder
        self.end = weakref.finalize(self, children.close)
        write_graph(program, folder)
        self._orders, self._answers = _Pipe(folder / "orders"), _Pipe(folder / "answers")
        command = [lava.python, str(folder / "harness_stretches.py"), str(folder), "--probe", *map(".".join, probes)]
        watched = [f"{name}.{var}:0" for name, rule in self._graph.rules.items() for var in rule.variables.values()]
        life = (children, [*command, "--watch", *watched], folder / LOG, lava.environment())
        self._child = threading.Thread(target=_run, args=life, daemon=True)
        self._child.start()

    def advance(self, steps: int, inputs: Mapping[str, Any], signals: Mapping[str, Any]) -> Recording:
        """Continue for `steps` steps.

        Parameters
        ----------
        inputs : mapping
            Source -> payloads (steps, n).
        signals : mapping
            "projection.factor" -> values (steps, 1 or n_post).
        """
        self._check_alive()
        program = self._program
        fed = complete_inputs(program, steps, {name: np.asarray(values)[None] for name, values in inputs.items()})
        factors = third_factors(program, self._graph, fed, steps, signals)
        for k, (_, values) in enumerate(sorted({**fed, **factors}.items())):
            np.save(self._folder / f"{k}.npy", values[0])
        results = self._answered(do="advance", steps=steps)
        self._found = {name: values[0] for name, values in results.items() if name.startswith("synapse/")}
        return Recording(
            dt=program.dt,
            steps=steps,
            samples=1,
            sizes={p.name: p.n for p in program.populations},
            spikes=spikes_of(program, results, fed),
            states=states_of(results),
            info={"engine": "lava", "tag": tag_of(program), "network": program.name},
        )

    def synapses(self, projection: str, variable: str) -> Any:
        """Values of a variable of a projection that learns after the last stretch; None before the first one."""
        return self._found.get(f"synapse/{projection}.{self._graph.rules[projection].variables[variable]}")

    def state(self, population: str, variable: str) -> Any:
        """Values (n,) of a state."""
        self._check_alive()
        return self._answered(do="get", population=population, var=variable)["values"]

    def set_state(self, population: str, variable: str, values: Any) -> None:
        """Set a state to values (n,)."""
        self._set("populations", population, variable, values)

    def set_weights(self, projection: str, values: Any) -> None:
        """Set weights (n_pre, n_post) of a dense projection without delays."""
        self._set("projections", projection, "weights", np.ascontiguousarray(np.asarray(values).T))
        self._found[f"synapse/{projection}.weights"] = np.array(values)

    def _check_alive(self) -> None:
        if not self.end.alive:
            raise LavaError(f"Lava's run of {self._program.name!r} has ended before; start it again.")

    def _set(self, kind: str, name: str, var: str, values: Any) -> None:
        self._check_alive()
        np.save(self._folder / "given.npy", np.asarray(values, np.float64))
        self._ordered(do="set", kind=kind, name=name, var=var)

    def _answered(self, **order: Any) -> Mapping[str, Any]:
        """Give an order, and return the arrays that it wrote."""
        self._ordered(**order)
        return read_npz(self._folder / "results.npz", "run it again")

    def _ordered(self, **order: Any) -> None:
        """Give an order, and wait until it is carried out."""
        self._orders.write(json.dumps(order).encode() + b"\n")
        try:
            self._wait()
        except BaseException:
            # What the processes hold after an order that was cut off is not known.
            self.end()
            raise

    def _wait(self) -> None:
        answer = b""
        while not answer.endswith(b"\n"):
            alive = self._child.is_alive()
            found = self._answers.read(_POLL)
            if not (found or alive):
                own = ChildRun("Lava", self._program.name, LavaError)
                raise own.failed(f"ended while it ran {own.program!r}", self._folder / LOG)
            answer += found


class _Pipe:
    """A named pipe, open for both directions, so that neither side waits for the other to open its end."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR)
        weakref.finalize(self, os.close, self._end)

    def write(self, text: bytes) -> None:
        os.write(self._end, text)

    def read(self, seconds: float) -> bytes:
        """What has arrived after at most some seconds."""
        ready, _, _ = select.select([self._end], [], [], seconds)
        return os.read(self._end, 4096) if ready else b""


def _run(children: Supervised, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
    """The life of the child process; who waits for its answers notices its end."""
    with contextlib.suppress(ChildLost, ChildTimeout, ValueError, OSError):
        children.run(command, log, None, environment)
