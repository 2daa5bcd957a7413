"""Synapse memory: how many bits the synapses of an axon take in one of the formats of a core.

The formula is that of nengo-loihi 1.1.0 (`bits_per_axon`): the synapses of an axon on a core are stored in blocks of up to 64.
A block has a header; every synapse has its weight, delay and tag, and in the sparse format the index of its compartment. Each
block is rounded up to whole words of 64 bits. The dense format has no indices, but stores every compartment of a range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.program.fixed import IntArray

if TYPE_CHECKING:
    from neurosim.chip.target_schema import Choice, Placement


def axon_bits(count: IntArray | int, bits: int, core: Placement) -> IntArray:
    """Bits of memory of an axon with `count` synapses of `bits` bits each; one number per axon, if `count` is an array."""
    each = core.synapses_per_block.value or 1
    full, rest = np.divmod(np.asarray(count, np.int64), each)
    whole = _words(each, bits, core)
    last = np.where(rest > 0, -(-(rest * bits + core.block_header_bits.value) // core.word_bits.value), 0)
    return np.asarray((full * whole + last) * core.word_bits.value)


def _words(count: int, bits: int, core: Placement) -> int:
    return -(-(count * bits + core.block_header_bits.value) // core.word_bits.value)


def at_least(bits: int, formats: Choice) -> int:
    """The smallest of the formats with `bits` bits or more; `bits` itself if there is none, which then breaks a rule."""
    return next((value for value in formats.values if value >= bits), bits)


def index_bits(compartments: int, core: Placement) -> int:
    """Bits of an index that tells `compartments` compartments apart."""
    return at_least(max(compartments - 1, 0).bit_length(), core.index_formats)


def cheapest_synapse(bits: int, core: Placement) -> float:
    """The fewest bits of memory per synapse of `bits` bits, over all numbers of synapses per axon."""
    counts = np.arange(1, 1 + (core.synapses_per_block.value or 1))
    return float(np.min(axon_bits(counts, bits, core) / counts))
