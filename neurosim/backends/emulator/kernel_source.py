"""The text of the kernels that the emulator generates, for people who want to read what runs."""

from __future__ import annotations

from scipy.sparse import issparse

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.arithmetic_choice import arithmetic_of
from neurosim.backends.emulator.cells import update_of, widths_of
from neurosim.backends.emulator.learners import rule_kernel
from neurosim.backends.emulator.loop_source import step_loop
from neurosim.backends.emulator.rule_layout import rule_layouts
from neurosim.backends.emulator.to_arrays import Program


def kernel_source(program: Program, arithmetic: str | None = None) -> str:
    """Source of the kernels that run a program: update of each population, learning of each projection, loop over the steps.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        For example ``deploy(network).program``.
    arithmetic : str, optional
        As of `emulate`.
    """
    code = arithmetic_of(program, arithmetic)
    cells = [p for p in program.populations if not p.neuron.is_source]
    texts = [f"# {p.name}\n{update_of(p.neuron, code, counts=False, widths=widths_of(p)).source.strip()}" for p in cells]
    for layout in rule_layouts(program):
        dense = not issparse(layout.projection.weights)
        text = rule_kernel(layout, dense, code is not Arithmetic.FLOAT).source.strip()
        texts.append(f"# {layout.projection.name}: what it learns\n{text}")
    return "\n\n\n".join([*texts, f"# the loop over the steps\n{step_loop(code, fed_bytes=True).source.strip()}"])
