"""The text of the kernels that the emulator generates, for people who want to read what runs."""

from __future__ import annotations

from neurosim.backends.emulator.generated_run import update_of
from neurosim.backends.emulator.loop_source import step_loop
from neurosim.backends.emulator.session import arithmetic_of
from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import UnsupportedError
from neurosim.neurons.step_form import Dynamics


def kernel_source(program: Program, arithmetic: str | None = None) -> str:
    """Source of the kernels with which `emulate` runs a program: the update of each population, then the loop over the steps.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        For example ``deploy(network).program``.
    arithmetic : str, optional
        As of `emulate`.

    Raises
    ------
    UnsupportedError
        If the program learns: its kernels are not generated, but lie in ``neurosim/backends/emulator/``.
    """
    code = arithmetic_of(program, arithmetic)
    learning = [p.name for p in program.projections if p.rule is not None]
    if learning:
        raise UnsupportedError(
            f"Projection {learning[0]!r} learns: the kernels of such a program are not generated; read "
            "neurosim/backends/emulator/kernels.py, or give a network without plasticity."
        )
    cells = [p for p in program.populations if p.neuron.dynamics is not Dynamics.SOURCE]
    updates = [f"# {p.name}\n{update_of(p.neuron, code, counts=False).source.strip()}" for p in cells]
    return "\n\n\n".join([*updates, f"# the loop over the steps\n{step_loop(code, fed_bytes=True).source.strip()}"])
