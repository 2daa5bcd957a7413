"""The number system in which a program runs: the one that was asked for, or that of the program."""

from __future__ import annotations

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import UnsupportedError, UsageError, shown, unknown_name
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram
from neurosim.program.widths import check_widths

_IN_INTEGERS = "integers", "For float: pass deploy(network).float_program."
_IN_FLOAT = "float", "For integers: pass deploy(network).program."


def arithmetic_of(program: Program, name: str | None) -> Arithmetic:
    """The arithmetic of that name for `program`, or the program's default if `name` is None."""
    if not isinstance(program, StepProgram | FixedProgram):
        raise UsageError(
            f"The emulator expected a step program, found {shown(program)}; pass deploy(network).program, or for float "
            "neurosim.program.lower.lower(network)."
        )
    fixed = isinstance(program, FixedProgram)
    known = {a.name.lower(): a for a in Arithmetic if (a is not Arithmetic.FLOAT) == fixed}
    if name is None:
        return Arithmetic.FIXED if fixed else Arithmetic.FLOAT
    if name not in known:
        kind, remedy = _IN_INTEGERS if fixed else _IN_FLOAT
        raise UnsupportedError(f"Program {program.name!r} is in {kind}: {unknown_name('arithmetic', name, known)} {remedy}")
    if known[name] is Arithmetic.LOIHI1:
        _check_first_chip(program)
    return known[name]


def _check_first_chip(program: Program) -> None:
    """Raise UnsupportedError if the first chip has no arithmetic for a part of `program`."""
    if isinstance(program, FixedProgram):
        check_widths(program.name, program.widths, "the first Loihi chip")
    if any(p.rule is not None for p in program.projections):
        raise UnsupportedError(f"Program {program.name!r} learns, but 'loihi1' cannot learn; use arithmetic='fixed'.")
    relayed = [p.name for p in program.projections if p.release is not None]
    if relayed:
        raise UnsupportedError(
            f"Projection {relayed[0]!r}: short-term plasticity sends spikes with payloads, which the first Loihi chip does not "
            "have; use arithmetic='fixed'."
        )
    neurons = {p.name: p.neuron for p in program.populations if not p.neuron.is_source}
    drawing = [population for population, neuron in neurons.items() if neuron.step.draws]
    if drawing:
        raise UnsupportedError(
            f"Population {drawing[0]!r}: its neurons need random numbers in microcode, which the first Loihi chip does not "
            "support; use arithmetic='fixed'."
        )
