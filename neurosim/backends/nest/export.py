"""Export of a step program as a standalone PyNEST script.

`write_script` writes ``network.py`` (one line per population and projection, to be read and edited), ``arrays.npz`` (plain
arrays), and the ``harness.py`` that feeds spikes, runs samples and stores results. They need NEST and NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from importlib.resources import files
from pathlib import Path

import numpy as np

from neurosim.backends.nest.neurons import MILLI, nest_neuron
from neurosim.backends.nest.source import NestScript
from neurosim.backends.nest.synapses import NestSynapses, nest_synapses
from neurosim.errors import UnsupportedError
from neurosim.program.checks import check_program, check_start
from neurosim.program.step import StepProgram


def write_script(program: StepProgram, folder: str | Path, *, allow: Set[str] = frozenset()) -> Path:
    """Write `program` as a standalone PyNEST script.

    Parameters
    ----------
    program : StepProgram
        Difference equations of a network, as `neurosim.program.lower.lower` makes them.
    folder : path
        Folder for the script; it is created if missing, and files of an earlier export are replaced.
    allow : set of str
        Names of the differences that are accepted, see `neurosim.backends.nest.differences.DIFFERENCES`.

    Returns
    -------
    Path
        Path of ``network.py``; run it with ``--help`` to see its options.

    Raises
    ------
    UnsupportedError
        If NEST has nothing that means the same as a part of the program; the message names the part.
    """
    script = nest_script(program, allow)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "arrays.npz", **script.arrays())
    (folder / "harness.py").write_text((files("neurosim.backends.nest") / "harness.py").read_text())
    path = folder / "network.py"
    path.write_text(script.text(), encoding="utf-8")
    return path


def nest_script(program: StepProgram, allow: Set[str] = frozenset()) -> NestScript:
    """`program` in the words of NEST; raises the UnsupportedError with which `write_script` would refuse it."""
    check_program(program)
    check_start(program, "NEST")
    _check_step(program)
    _check_graded(program)
    neurons = {p.name: nest_neuron(p, program.dt) for p in program.populations if not p.neuron.is_source}
    synapses = {}
    for p in program.projections:
        if p.post not in neurons:
            raise UnsupportedError(f"Projection {p.name!r}: it ends at the source {p.post!r}, which receives nothing in NEST.")
        synapses[p.name] = nest_synapses(p, neurons[p.post], program.dt, allow)
    _check_archives(synapses)
    return NestScript(program, neurons, synapses)


def _check_step(program: StepProgram) -> None:
    microseconds = program.dt * 1e6
    if abs(microseconds - round(microseconds)) > 1e-6 * microseconds or round(microseconds) < 1:
        raise UnsupportedError(
            f"Network {program.name!r}: dt = {program.dt * MILLI:g} ms; NEST counts time in whole microseconds. "
            "Choose such a step, or use the emulator."
        )


def _check_graded(program: StepProgram) -> None:
    """Raise UnsupportedError unless graded spikes come from sources, and all projections of such a source are graded."""
    for p in program.projections:
        if not p.graded:
            continue
        plain = [other.name for other in program.projections if other.pre == p.pre and not other.graded]
        if plain or not program.population(p.pre).neuron.is_source:
            why = f"those of {plain[0]!r} are not" if plain else f"{p.pre!r} is no source"
            raise UnsupportedError(
                f"Projection {p.name!r}: its spikes are graded, and {why}; in NEST, numbers of spikes are sent by sources, to "
                "all their targets. Use two sources, or the emulator."
            )


def _check_archives(synapses: Mapping[str, NestSynapses]) -> None:
    """Raise UnsupportedError if rules need different traces of one population, of which NEST's neurons keep one each."""
    kept: dict[tuple[str, str], tuple[str, float]] = {}
    for name, s in synapses.items():
        for key, tau in ({} if s.rule is None else s.rule.neuron).items():
            other, value = kept.setdefault((s.projection.post, key), (name, tau))
            if not np.isclose(value, tau, rtol=1e-9):
                raise UnsupportedError(
                    f"Projection {name!r}: its rule needs {key} = {tau:g} ms of {s.projection.post!r}, and that of {other!r} "
                    f"{value:g} ms; in NEST, neurons keep one such trace. Use the same time constant, or the emulator."
                )
