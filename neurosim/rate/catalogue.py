"""List of the learning algorithms of rates, used by the command line, the documentation and the tests.

A new algorithm needs a file of its own in `neurosim.rate.algorithms` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.errors import ContentError, UnsupportedError, unknown_name
from neurosim.rate.algorithms import (
    activation_learning,
    align,
    bayesian_synapses,
    bernoulli_coding,
    boltzmann,
    burstccn,
    connectivity_gradient,
    contrastive_hebb,
    deep_belief,
    deep_softhebb,
    directional_feedback,
    equilibrium,
    generative_coding,
    hebbian_conv,
    labelled_boltzmann,
    layerwise,
    natural_wake_sleep,
    pal,
    pepita,
    predictive_coding,
    reweighted_wake_sleep,
    softhebb,
    wake_sleep,
)
from neurosim.rate.recipes import AlgorithmEntry
from neurosim.rate.refused import REFUSED

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
    *boltzmann.ENTRIES,
    *labelled_boltzmann.ENTRIES,
    *deep_belief.ENTRIES,
    *connectivity_gradient.ENTRIES,
    *wake_sleep.ENTRIES,
    *reweighted_wake_sleep.ENTRIES,
    *natural_wake_sleep.ENTRIES,
)
ALGORITHMS: Mapping[str, AlgorithmEntry] = {entry.name: entry for entry in _ENTRIES}
"""Learning algorithms by name."""


def algorithm_entry(name: str) -> AlgorithmEntry:
    """Entry of an algorithm.

    Raises
    ------
    UnsupportedError
        If `name` is a known method that is not local; the message names the term.
    ContentError
        If there is no such algorithm.
    """
    if name in REFUSED:
        raise UnsupportedError(REFUSED[name].message)
    if name not in ALGORITHMS:
        raise ContentError(unknown_name("learning algorithm of rates", name, ALGORITHMS))
    return ALGORITHMS[name]
