"""Associative retrieval with Hebbian short-term plasticity: one projection holds what the last few symbols were.

Paper: Garcia Rodriguez, Guo, Moraitis (2022), "Short-term plasticity neurons learning to learn and forget", ICML,
doi:10.48550/arXiv.2206.14048. A sequence shows three letters, each followed by a digit, then two question marks and one of the
letters. The answer is the digit that followed this letter.

In the paper, a weight is the sum of a slow part and a fast part F, with ``F <- lambda F + gamma y x``; the slow part and all
lambda and gamma are trained by backpropagation through time. Nothing is trained here: the slow part is the wiring of the
digits, F is a second projection in parallel to it, and all synapses have the same lambda and gamma.

Letters ("key") and digits ("value") are spikes of input neurons, one for each symbol of `SYMBOL` steps. The digit makes its
"answer" neuron spike, and the spike strengthens the synapse from the letter before it: x is a trace of the letter's spikes
that lasts about one symbol, y is the spike itself. Between spikes, synapses forget. The question marks raise the answer neurons
to just below their threshold, so that a strong synapse from the letter in question makes the right one spike. Sequences follow
each other, and nothing is set back between them; in the silence after a sequence, most of it is forgotten.

Deviations from the paper: there is no hidden layer and no row norm, lambda and gamma are fixed, and a bound limits the weights.

Expected: at least 99 % right on every execution; `experiments/associative_retrieval.py` measures it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim import LIF, AllToAll, Network, OneToOne, Population, Projection, SpikeRaster, per_step
from neurosim.plasticity import PlasticityRule, post, pre
from neurosim.rng import stream
from neurosim.units import ms

KEYS, VALUES, PAIRS = 26, 10, 3
SYMBOL, GAP = 8, 16
"""Steps of a symbol, and silent symbols after a sequence."""
SYMBOLS = 2 * PAIRS + 3
PERIOD = (SYMBOLS + GAP) * SYMBOL
"""Steps from one sequence to the next."""
BOUND, THRESHOLD = 1.0, 2.0
"""Largest weight of the plastic synapses, and threshold of the answer neurons."""


def build(n: int = 20, gamma: float = 3.0, forget: float = 1 / 64, bound: float | None = BOUND, seed: int = 0) -> Network:
    """Build the network with `n` sequences as its input.

    `gamma` is what a digit's spike adds to a weight for a letter's trace of 1, `forget` = 1 - lambda is the part of a weight
    that is lost in each step, and `bound` is the largest weight, which a chip needs and Lava in float does not have (None).
    """
    key, value, question = _rasters(n, seed)
    rule = PlasticityRule(
        name="fast_weights",
        traces={"x": pre(SYMBOL * ms, peak=1.0), "y": post(decay=0, peak=1.0)},
        every={1: {"w": "gamma * y * x - forget * w"}},
        parameters={"gamma": gamma, "forget": forget},
        bounds=(0.0, bound),
        paper="Garcia Rodriguez, Guo, Moraitis 2022, arXiv:2206.14048",
        equation=r"F_{t+1} = \lambda F_t + \gamma\, y_t x_t^T",
    )
    return Network(
        name="associative_retrieval",
        populations=[
            Population("key", KEYS, SpikeRaster(key)),
            Population("value", VALUES, SpikeRaster(value)),
            Population("question", 1, SpikeRaster(question)),
            Population("answer", VALUES, LIF(tau_m=per_step(0.75), v_th=THRESHOLD)),
        ],
        projections=[
            Projection("value", "answer", OneToOne(2 * THRESHOLD)),
            # The spikes of eight steps in a row add up to almost four times this weight.
            Projection("question", "answer", AllToAll(0.875 * THRESHOLD / 4)),
            Projection("key", "answer", np.zeros((KEYS, VALUES)), plasticity=rule),
        ],
        dt=1 * ms,
        seed=seed,
    )


def _rasters(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Spikes (steps, neurons) of letters, digits and question marks of `n` sequences, in which no letter is repeated."""
    rng, start = stream(seed, "sequences"), np.arange(n) * PERIOD
    keys = np.argsort(rng.random((n, KEYS)), axis=1)[:, :PAIRS]
    values, asked = rng.integers(0, VALUES, (n, PAIRS)), rng.integers(0, PAIRS, n)
    key, value = np.zeros((n * PERIOD, KEYS), np.uint8), np.zeros((n * PERIOD, VALUES), np.uint8)
    for pair in range(PAIRS):
        key[start + 2 * pair * SYMBOL, keys[:, pair]] = 1
        value[start + (2 * pair + 1) * SYMBOL, values[:, pair]] = 1
    last = (SYMBOLS - 1) * SYMBOL
    key[start + last, keys[np.arange(n), asked]] = 1
    phase = np.arange(n * PERIOD) % PERIOD
    # The question marks last until the letter arrives.
    question = (phase >= 2 * PAIRS * SYMBOL) & (phase <= last)
    return key, value, question.astype(np.uint8)[:, None]
