"""How the learning kernels are compiled: with a cache on disk, and without reference counts.

Numba counts references to every array that a function gets or slices, atomically: about 5 ns each, more than the work on a line
of 100 synapses. Kernels that allocate nothing do not need the counts, whoever calls them holds the arrays; where one does
allocate, numba refuses to compile it.
"""

from __future__ import annotations

from neurosim.train.desire.kernel_cache import cached

kernel = cached(_nrt=False)

inlined = cached(_nrt=False, inline="always")
"""The same, written into its caller: for what is called once per line, where passing twenty arrays costs as much as a line."""
