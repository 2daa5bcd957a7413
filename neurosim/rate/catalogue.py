"""List of the learning algorithms of rates, used by the command line, the documentation and the tests.

A new algorithm needs a file of its own in `neurosim.rate.algorithms` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.errors import ContentError, unknown_name
from neurosim.rate.algorithms import burstccn, layerwise, pepita
from neurosim.rate.recipes import AlgorithmEntry

_ENTRIES: tuple[AlgorithmEntry, ...] = (
    *layerwise.ENTRIES,
    *pepita.ENTRIES,
    *burstccn.ENTRIES,
)
ALGORITHMS: Mapping[str, AlgorithmEntry] = {entry.name: entry for entry in _ENTRIES}
"""Learning algorithms by name."""


def algorithm_entry(name: str) -> AlgorithmEntry:
    """Entry of the algorithm called `name`; raises ContentError if there is none."""
    if name not in ALGORITHMS:
        raise ContentError(unknown_name("learning algorithm of rates", name, ALGORITHMS))
    return ALGORITHMS[name]
