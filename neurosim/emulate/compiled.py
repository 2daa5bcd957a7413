"""How the learning kernels are compiled: with a cache on disk, and without reference counts.

Numba counts references to every array that a function gets or slices, atomically: about 5 ns each, more than the work on a line
of 100 synapses. Kernels that allocate nothing do not need the counts, whoever calls them holds the arrays; where one does
allocate, numba refuses to compile it.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False}

kernel = njit(**_OPTIONS)

inlined = njit(**_OPTIONS, inline="always")
"""The same, written into its caller: for what is called once a line, where passing twenty arrays costs as much as the line."""
