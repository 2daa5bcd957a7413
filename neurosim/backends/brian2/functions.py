"""Functions that neurosim's neurons call in Brian2, with an implementation for each code generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brian2
import numpy as np

_MASK, _ONE, _GOLDEN = np.uint64(0xFFFFFFFF), np.uint64(1), np.uint64(0x9E3779B9)
_HIGH, _MIDST, _FIRST, _SECOND = np.uint64(16), np.uint64(13), np.uint64(0x85EBCA6B), np.uint64(0xC2B2AE35)
_CPP = """
static inline uint32_t neurosim_mixed(uint32_t x) {
    x = (x ^ (x >> 16)) * 0x85EBCA6BU;
    x = (x ^ (x >> 13)) * 0xC2B2AE35U;
    return x ^ (x >> 16);
}
static inline double random_bits(double seed, int64_t step, int64_t neuron) {
    const uint32_t base = neurosim_mixed((uint32_t)(uint64_t)seed ^ neurosim_mixed((uint32_t)step));
    return (double)neurosim_mixed(base + ((uint32_t)neuron + 1U) * 0x9E3779B9U);
}
"""
_CYTHON = """
cdef inline unsigned int neurosim_mixed(unsigned int x) noexcept nogil:
    x = (x ^ (x >> 16)) * <unsigned int>0x85EBCA6B
    x = (x ^ (x >> 13)) * <unsigned int>0xC2B2AE35
    return x ^ (x >> 16)
cdef inline double random_bits(double seed, long long step, long long neuron) noexcept nogil:
    cdef unsigned int base = neurosim_mixed(<unsigned int><unsigned long long>seed ^ neurosim_mixed(<unsigned int>step))
    return <double>neurosim_mixed(base + (<unsigned int>neuron + <unsigned int>1) * <unsigned int>0x9E3779B9)
"""


def mixed(x: Any) -> Any:
    """32 bits out of 32 bits: the finaliser of MurmurHash3."""
    x = ((x ^ (x >> _HIGH)) * _FIRST) & _MASK
    x = ((x ^ (x >> _MIDST)) * _SECOND) & _MASK
    return x ^ (x >> _HIGH)


def random_bits(seed: Any, step: Any, neuron: Any) -> Any:
    """The 32 random bits of a neuron in a step, as a float; the same as in the emulator's kernels and in Lava."""
    base = mixed(np.uint64(seed) ^ mixed(np.uint64(step) & _MASK))
    bits = mixed((base + (np.asarray(neuron).astype(np.uint64) + _ONE) * _GOLDEN) & _MASK)
    return np.asarray(bits).astype(np.float64)


def _random_bits() -> Any:
    made = brian2.Function(
        random_bits,
        arg_units=[1, 1, 1],
        return_unit=1,
        arg_types=["float", "integer", "integer"],
        return_type="float",
        stateless=True,
    )
    # Without units, because with them Brian2 formats the result of each call into a message that nobody reads.
    made.implementations.add_numpy_implementation(random_bits, discard_units=True)
    made.implementations.add_implementation("cpp", code=_CPP, name="random_bits")
    made.implementations.add_implementation("cython", code=_CYTHON, name="random_bits")
    return made


FUNCTIONS: Mapping[str, Any] = {"random_bits": _random_bits()}
"""Name of a function in equations -> Brian2's Function."""
