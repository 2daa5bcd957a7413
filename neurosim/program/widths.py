"""Widths of the integers of a chip: states, decays, and the shift between weights and states."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.errors import UnsupportedError


@dataclass(frozen=True)
class Widths:
    """Widths of the integers of a chip; those that are left out are Loihi's.

    Attributes
    ----------
    state_bits : int
        Bits of a voltage and of a current, with the sign.
    decay_bits : int
        A state decays in steps of 2^-decay_bits; with 0 a voltage never decays, and a current lasts one step.
    align_shift : int
        Left shift that brings thresholds and synaptic input to the units of the state.
    wraps : bool
        Whether a current that is too large wraps as Lava's does; otherwise it saturates.
    """

    state_bits: int = 24
    decay_bits: int = 12
    align_shift: int = 6
    wraps: bool = True

    @property
    def half(self) -> int:
        """The sign bit of a state; a current wraps above this value, and at or below its negative."""
        return 1 << (self.state_bits - 1)

    @property
    def top(self) -> int:
        """The largest state; a voltage saturates at this value and at its negative."""
        return self.half - 1

    @property
    def align(self) -> int:
        """Factor between the units of the state and those of thresholds and synaptic input."""
        return 1 << self.align_shift

    @property
    def decay_unit(self) -> int:
        """The integer that represents a decay of 1."""
        return 1 << self.decay_bits


LOIHI = Widths()
"""The widths of Loihi and of Lava's ``fixed_pt`` models."""


def check_widths(name: str, widths: Widths, who: str) -> None:
    """Raise UnsupportedError if the program called `name` has other integers than Lava, and `who` computes with Lava's only."""
    if widths != LOIHI:
        limit = "wrap" if widths.wraps else "saturate"
        found = f"states of {widths.state_bits} bits, decays of {widths.decay_bits} bits, a shift by {widths.align_shift} bits"
        raise UnsupportedError(
            f"Program {name!r}: its chip has {found} and currents that {limit}; {who} computes with {LOIHI.state_bits}, "
            f"{LOIHI.decay_bits}, {LOIHI.align_shift} and currents that wrap only. Use arithmetic='fixed' of the emulator."
        )
