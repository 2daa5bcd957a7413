"""The update of a population as the text of a kernel, written from the typed step of its neuron.

One call computes one step: it reads what arrives and clears it, updates the states, and marks what leaves on each channel. In
the integers of a chip, levels are 32-bit numbers, and fractions are doubles on the grid of 2^-12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.update_integers import FirstChip, Integers, Unlimited
from neurosim.backends.emulator.update_writer import Update, Writer
from neurosim.program.widths import LOIHI, Widths
from neurosim.step_language.declaration import Declaration
from neurosim.step_language.typed import typed


def update_source(
    declaration: Declaration, arithmetic: Arithmetic, arrays: Sequence[str] = (), counts: Mapping[str, int] | None = None,
    factors: Sequence[str] = (), courses: Mapping[str, bool] | None = None, widths: Widths = LOIHI,
) -> Update:  # fmt: skip
    """The update of populations of a neuron.

    Parameters
    ----------
    arrays : sequence of str
        Parameters that have one value per neuron.
    counts : mapping
        State -> place of its count of numbers that left its register; nothing is counted if left out.
    factors : sequence of str
        Third factors that are written for synapses that learn.
    courses : mapping
        Parameter that changes in time -> whether it differs between neurons.
    widths : Widths
        Widths of states and the shift of synaptic input, in the integers of a chip.
    """
    step = typed(declaration, arithmetic is not Arithmetic.FLOAT)
    return _WRITERS[arithmetic](step, tuple(arrays), counts, tuple(factors), courses or {}, widths).update()


_WRITERS: Mapping[Arithmetic, type[Writer]] = {
    Arithmetic.FLOAT: Writer,
    Arithmetic.FIXED: Integers,
    Arithmetic.LOIHI1: FirstChip,
    Arithmetic.UNLIMITED: Unlimited,
}
