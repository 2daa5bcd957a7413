"""The step program in the integers of a Loihi-style chip: built like `neurosim.program.step`, with the fields of the chip.

The ``fixed_pt`` models of lava-nc 0.10.0 define what each field does. In each step, ``u`` is multiplied by
``(4096 - (du + 1))/4096`` and ``v`` by ``(4096 - dv)/4096``; thresholds and input currents are shifted left by 6 bits, and a
bias is ``bias_mant << bias_exp``. A chip with other `Widths` does the same with its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.display.short import Short
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.engine_rule import ChipRule
from neurosim.program.widths import LOIHI, Widths
from neurosim.units import FloatArray

IntArray = NDArray[np.int64]

DECAY_UNIT = LOIHI.decay_unit
"""The integer that represents a decay of 1 on Loihi, and in the relays of short-term plasticity."""
RELEASE_UNIT, RELEASE_BITS = 65536, 8
"""The integer that represents 1 in short-term plasticity; width in bits of the payload of a spike."""
ALIGN_SHIFT = LOIHI.align_shift
"""Left shift that brings thresholds and currents to the units of the state on Loihi."""


class SignMode(IntEnum):
    """Signs that a weight matrix contains; they determine the range and the grid of the stored weights."""

    MIXED = 1
    EXCITATORY = 2
    INHIBITORY = 3


WEIGHT_RANGE: Mapping[SignMode, tuple[int, int]] = {
    SignMode.MIXED: (-256, 255),
    SignMode.EXCITATORY: (0, 255),
    SignMode.INHIBITORY: (-255, 0),
}
"""Smallest and largest weight after a learning step, which clips at both ends."""


@dataclass(frozen=True)
class FixedPopulation:
    """A population whose neurons have parameters in integers; a state integer is `scale` * 2^6 times the described level.

    With other `widths` than those of Loihi, the shift by 6 is another.

    `scales` are those of receptors that have one of their own, as a dendrite has. `initial` are the states that do not begin
    at 0, as integers.
    """

    name: str
    n: int
    neuron: ProgramNeuron
    scale: float = 1.0
    scales: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, FloatArray] = field(default_factory=dict)
    widths: Widths = LOIHI

    def scale_at(self, receptor: str) -> float:
        """Stored current per unit of current of the step program at `receptor`."""
        return self.scales.get(receptor, self.scale)


@dataclass(frozen=True)
class FixedRelease:
    """Short-term plasticity in integers: `base` and `jump` in units of 2^-16, `kept_x` and `kept_u` in units of 2^-12.

    The relay that computes it sends each spike with a payload of `RELEASE_BITS` bits.
    """

    base: int
    jump: int
    kept_x: int
    kept_u: int


@dataclass(frozen=True)
class FixedProjection:
    """Integer weights `(n_pre, n_post)` as given to the chip, and extra delay steps.

    If `sign_mode` is None, it is inferred from the weights. `message_bits` > 0 makes spikes graded. `rule` describes how the
    weights change. `release` is the short-term plasticity: a relay forwards each spike with a payload of 8 bits.
    `channel`, `receptor` and `transposed` are as in `StepProjection`.
    """

    name: str
    pre: str
    post: str
    weights: Matrix
    delays: NDArray[np.int32] = field(default_factory=lambda: np.zeros((), np.int32))
    weight_exp: int = 0
    sign_mode: SignMode | None = None
    weight_bits: int = 8
    message_bits: int = 0
    rule: ChipRule | None = None
    release: FixedRelease | None = None
    channel: str = "spike"
    receptor: str = "default"
    transposed: str = ""

    @property
    def graded(self) -> bool:
        """Whether a spike's payload multiplies the weight."""
        return self.message_bits > 0

    @property
    def mode(self) -> SignMode:
        """The sign mode, given or inferred; it determines how weights are stored and the range in which they learn."""
        return self.sign_mode or infer_sign_mode(self.weights)

    @property
    def stored_weights(self) -> Matrix:
        """The weights that the chip really holds: clipped to the sign mode's range, low bits dropped."""
        mode = self.mode
        if isinstance(self.weights, sparse.csr_array):
            stored = self.weights.astype(np.int32)
            stored.data = store(stored.data, mode, self.weight_bits)
            return stored
        return store(np.asarray(self.weights).astype(np.int32), mode, self.weight_bits)


@dataclass(frozen=True)
class FixedProgram(Short):
    """A network in integers, which the chip, Lava's ``fixed_pt`` and the emulator's ``fixed`` execute."""

    name: str
    dt: float
    populations: tuple[FixedPopulation, ...]
    projections: tuple[FixedProjection, ...]

    @property
    def widths(self) -> Widths:
        """Widths of the integers, which all populations have in common."""
        return next((p.widths for p in self.populations), LOIHI)

    def population(self, name: str) -> FixedPopulation:
        """The population of that name."""
        return next(p for p in self.populations if p.name == name)


def shifted(mantissa: IntArray, exponent: IntArray) -> IntArray:
    """The value of a bias: the mantissa times 2^exponent, rounded down."""
    mant, exp = np.asarray(mantissa, np.int64), np.asarray(exponent, np.int64)
    return np.where(exp >= 0, mant << np.maximum(exp, 0), mant >> np.maximum(-exp, 0))


def infer_sign_mode(weights: Matrix) -> SignMode:
    """The sign mode of `weights`: excitatory if none is negative, else inhibitory if none is positive, else mixed."""
    low, high = (float(found) for found in (weights.min(), weights.max()))
    if low >= 0:
        return SignMode.EXCITATORY
    return SignMode.INHIBITORY if high <= 0 else SignMode.MIXED


def store(weights: NDArray[np.int32], mode: SignMode, bits: int) -> NDArray[np.int32]:
    """Integer weights as they are stored in a field of `bits` bits: clipped, low bits dropped."""
    sign = -1 if mode is SignMode.INHIBITORY else 1
    mixed = mode is SignMode.MIXED
    dropped = 8 - bits + mixed
    clipped = np.clip(sign * weights, -256 if mixed else 0, 255)
    return np.asarray(sign * ((clipped >> dropped) << dropped), np.int32)
