"""Digits learned by bursts on the chip: one hidden and one output layer of `BurstLIF`, teacher and feedback at the dendrites.

Paper: Greedy, Zhu, Pemberton, Mellor, Costa (2022), "Single-phase deep learning in cortico-cortical networks",
arXiv:2206.11769 (BurstCCN); the burst-dependent rule is that of Payeur et al. (2021), doi:10.1038/s41593-021-00857-x.

Events carry the signal up, bursts carry the error down, at the same time. The label drives the dendrites of its class up, the
others' a little, so that no neuron falls silent, and the events of a class drive its own dendrites down: p - p_b goes with
target minus output. Hidden dendrites get the bursts of the output through Y and its events through -p_b Y, which cancels
bursts at the baseline. All forward weights learn by `burst_dependent_carried`: eight bits, changes of a fraction of a step.

Any two images share most of their bright pixels. So what a hidden neuron learns from bursts by chance, or from a bias of a few
thousandths of p, moves its drive for all images together; with tied feedback that silences the layer. It therefore counts
presynaptic traces from a centre. Its weights start small, and a bias makes all of its neurons spike.

Deviations from BurstCCN: spikes and a straight line for the sigmoid of p; no factor 1 - e; the cancelling weights are given,
not learned. Deviations from Payeur et al.: the baseline is constant, and the centre.

Feedback "random": Y is one of two numbers, drawn for each pair of a hidden neuron and a class. "tied": Y starts as the
transposed output weights, less their mean over outputs, times a constant; a host has to copy them again from time to time
(`experiments/burst_digits.py`).

Expected: above 85 % of the test images of scikit-learn's digits, a tie being an error.
"""

from __future__ import annotations

import numpy as np

from neurosim import BurstLIF, Network, Population, Projection, SpikeRaster, SteadyBaseline
from neurosim.errors import NetworkError, unknown_name
from neurosim.plasticity import PlasticityRule, burst_dependent_carried
from neurosim.rng import stream
from neurosim.units import FloatArray, ms, mV

FEEDBACKS = ("random", "tied")
CLASSES, BASELINE = 10, 0.5
BOUND, OUTPUT_BOUND = 30.0, 20.0
"""Of weights, in mV; on the chip 255."""
START, OUTPUT_START = 3.0, 1.5
"""Standard deviation of weights at the start, in mV."""
BIAS, OUTPUT_BIAS = 22.0, 28.0
"""Of the soma, in mV; the threshold is 20."""
SPAN, OUTPUT_SPAN = 32.0, 24.0
"""Of v_d, in mV, over which the burst probability rises from 0 to 1."""
DOWN = 36.0
"""Random feedback of a burst, in mV; half of it, which an event brings, is a whole number of the chip's steps, too."""
TIED = 24.0
"""Tied feedback of a burst, in output weights."""
CENTRE = {"random": 3.5, "tied": 4.0}
"""What presynaptic traces of the hidden layer are counted from; a pixel that spikes every other step has a trace of 10."""


def build(
    hidden: int = 50,
    each: int = 4,
    pixels: int = 64,
    eta: float = 0.003,
    output_eta: float = 0.02,
    feedback: str = "random",
    seed: int = 0,
) -> Network:
    """`each` output neurons a class; `eta` (mV a burst) of 0 leaves the hidden layer as it is. Spikes come with the run."""
    if feedback not in FEEDBACKS:
        raise NetworkError("burst_digits: " + unknown_name("feedback", feedback, FEEDBACKS))
    n = CLASSES * each
    up, top = _start(pixels, hidden, n, seed)
    down = _tied(top) if feedback == "tied" else _random(hidden, each, seed)
    same = np.kron(np.eye(CLASSES), np.ones((each, each)))
    label = np.kron(4.0 * np.eye(CLASSES) + 0.6, np.ones((1, each)))
    return Network(
        name="burst_digits",
        populations=[
            Population("image", pixels, SpikeRaster(np.zeros((1, pixels), np.uint8))),
            Population("label", CLASSES, SpikeRaster(np.zeros((1, CLASSES), np.uint8))),
            Population("hidden", hidden, _cell(BIAS, SPAN)),
            Population("output", n, _cell(OUTPUT_BIAS, OUTPUT_SPAN)),
        ],
        projections=[
            Projection("image", "hidden", up * mV, plasticity=_rule(eta, BOUND, 8.0, CENTRE[feedback]) if eta else None),
            Projection("hidden", "output", top * mV, plasticity=_rule(output_eta, OUTPUT_BOUND, 4.0, 0.0), channel="event"),
            Projection("label", "output", label * mV, receptor="dendrite"),
            Projection("output", "output", -160 / each * same * mV, receptor="dendrite", channel="event", name="own"),
            Projection("output", "hidden", down * mV, receptor="dendrite", channel="burst", name="down"),
            Projection("output", "hidden", -BASELINE * down * mV, receptor="dendrite", channel="event", name="cancel"),
        ],
        dt=1 * ms,
        seed=seed,
    )


def _cell(bias: float, span: float) -> BurstLIF:
    """`bias_d` is half a step of a chip's burst probability, which it rounds down: on average that is p."""
    return BurstLIF(
        tau_s=10 * ms,
        tau_d=20 * ms,
        jump=0 * mV,
        refractory=6 * ms,
        burst_delay=2 * ms,
        burst_jitter=3 * ms,
        p_mid=BASELINE,
        p_span=span * mV,
        bias=bias * mV,
        bias_d=span / 256 * mV,
        baseline=SteadyBaseline(BASELINE),
    )


def _rule(eta: float, bound: float, x_peak: float, centre: float) -> PlasticityRule:
    bounds = (-bound * mV, bound * mV)
    return burst_dependent_carried(eta=eta * mV, tau=20 * ms, bounds=bounds, x_peak=x_peak, centre=centre)


def _start(pixels: int, hidden: int, n: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Weights of both layers in mV; those of a hidden neuron have a mean of 0, so that not all neurons like the same images."""
    rng = stream(seed, "weights")
    up = rng.normal(0.0, START, (pixels, hidden))
    top = rng.normal(0.0, OUTPUT_START, (hidden, n))
    return np.clip(up - up.mean(axis=0), -BOUND, BOUND), np.clip(top, -OUTPUT_BOUND, OUTPUT_BOUND)


def _random(hidden: int, each: int, seed: int) -> FloatArray:
    """The same for all output neurons of a class."""
    signs = stream(seed, "feedback").choice([-1.0, 1.0], (CLASSES, hidden))
    return DOWN * np.repeat(signs, each, axis=0)


def _tied(top: FloatArray) -> FloatArray:
    """The transposed weights, less their mean over outputs: what is the same for all classes tells nothing of an error."""
    return TIED * (top - top.mean(axis=1, keepdims=True)).T
