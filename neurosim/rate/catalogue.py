"""List of the learning algorithms of rates, used by the command line, the documentation and the tests.

A new algorithm needs a file of its own in `neurosim.rate.algorithms` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.errors import ContentError, unknown_name
from neurosim.rate.algorithms import (
    activation_learning,
    align,
    bayesian_synapses,
    bernoulli_coding,
    burstccn,
    contrastive_hebb,
    deep_softhebb,
    directional_feedback,
    equilibrium,
    generative_coding,
    hebbian_conv,
    layerwise,
    pal,
    pepita,
    predictive_coding,
    softhebb,
)
from neurosim.rate.recipes import AlgorithmEntry

_ENTRIES: tuple[AlgorithmEntry, ...] = (
    *layerwise.ENTRIES,
    *directional_feedback.ENTRIES,
    *align.ENTRIES,
    *pal.ENTRIES,
    *pepita.ENTRIES,
    *predictive_coding.ENTRIES,
    *bernoulli_coding.ENTRIES,
    *generative_coding.ENTRIES,
    *equilibrium.ENTRIES,
    *contrastive_hebb.ENTRIES,
    *softhebb.ENTRIES,
    *deep_softhebb.ENTRIES,
    *hebbian_conv.ENTRIES,
    *activation_learning.ENTRIES,
    *bayesian_synapses.ENTRIES,
    *burstccn.ENTRIES,
)
ALGORITHMS: Mapping[str, AlgorithmEntry] = {entry.name: entry for entry in _ENTRIES}
"""Learning algorithms by name."""


def algorithm_entry(name: str) -> AlgorithmEntry:
    """Entry of the algorithm called `name`; raises ContentError if there is none."""
    if name not in ALGORITHMS:
        raise ContentError(unknown_name("learning algorithm of rates", name, ALGORITHMS))
    return ALGORITHMS[name]
