"""Check of a program before anything is compiled for it."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.backends.emulator.arithmetic_choice import arithmetic_of
from neurosim.backends.emulator.recorder import check_probes
from neurosim.backends.emulator.rule_layout import rule_layouts
from neurosim.backends.emulator.to_arrays import Program, to_arrays


def check_supported(program: Program, arithmetic: str | None = None, probes: Sequence[tuple[str, str]] = ()) -> None:
    """Raise the error with which a run of `program` would be refused, without compiling a kernel.

    Raises
    ------
    UnsupportedError
        If the program cannot run in this arithmetic; the message names the part.
    NetworkError
        If a probe does not name a state of the program.
    """
    to_arrays(program, arithmetic_of(program, arithmetic))
    rule_layouts(program)
    check_probes(program, probes)
