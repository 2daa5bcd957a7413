"""Network of `BurstLIF` neurons that learns digits from bursts on a chip, with teacher and feedback at the dendrites.

Paper: Greedy, Zhu, Pemberton, Mellor, Costa (2022), "Single-phase deep learning in cortico-cortical networks",
arXiv:2206.11769 (BurstCCN); the burst-dependent rule is that of Payeur et al. (2021), doi:10.1038/s41593-021-00857-x.

The network has one hidden and one output layer. Events carry the signal up and bursts carry the error down at the same time.
The label excites the dendrites of its class strongly and those of the other classes a little, so that no neuron becomes
silent. The events of a class inhibit its own dendrites. As a result, p - p_b follows target minus output. Hidden
dendrites receive the bursts of the output through Y and its events through -p_b Y, which cancels bursts at the baseline. All
forward weights learn by `burst_dependent_carried`; they have eight bits, and a change can be a fraction of a weight step.

Any two images share most of their bright pixels. If a hidden neuron learns from bursts by chance, or from a bias of a few
thousandths of p, its input therefore changes for all images together; with tied feedback this silences the layer. The rule of
the hidden layer therefore subtracts a centre from presynaptic traces. Its initial weights are small, and a bias makes all of
its neurons spike.

Deviations from BurstCCN: the model uses spikes, and a straight line instead of the sigmoid of p; it has no factor 1 - e; the
cancelling weights are given and not learned. Deviations from Payeur et al.: the baseline is constant, and there is a centre.

With feedback "random", Y is one of two numbers, drawn for each pair of a hidden neuron and a class. With "tied", Y starts as
the transposed output weights minus their mean over outputs, times a constant; a host has to copy the weights again from time
to time (`experiments/burst_digits.py`).

Expected: above 85 % accuracy on the test images of scikit-learn's digits, where a tie counts as an error.
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
"""Bounds of the weights of both layers, in mV; on the chip they are 255."""
START, OUTPUT_START = 3.0, 1.5
"""Standard deviations of the initial weights of both layers, in mV."""
BIAS, OUTPUT_BIAS = 22.0, 28.0
"""Bias of the soma in both layers, in mV; the threshold is 20."""
SPAN, OUTPUT_SPAN = 32.0, 24.0
"""Ranges of v_d, in mV, over which the burst probability rises from 0 to 1."""
DOWN = 36.0
"""Random feedback of a burst, in mV; an event has half of this effect, which is also a whole number of weight steps."""
TIED = 24.0
"""Tied feedback of a burst, as a factor of the output weights."""
CENTRE = {"random": 3.5, "tied": 4.0}
"""Centre of the presynaptic traces of the hidden layer; a pixel that spikes in every other step has a trace of 10."""


def build(
    hidden: int = 50,
    each: int = 4,
    pixels: int = 64,
    eta: float = 0.003,
    output_eta: float = 0.02,
    feedback: str = "random",
    seed: int = 0,
) -> Network:
    """Build a network with `each` output neurons per class; with `eta` = 0 (mV per burst), the hidden layer does not learn.

    The spikes of images and labels are passed to the run.
    """
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
    """Neuron of a layer. A chip rounds the burst probability down; `bias_d` adds half of its step, so that its mean is p."""
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
    """Initial weights of both layers in mV; those of a hidden neuron have mean 0, so that neurons prefer different images."""
    rng = stream(seed, "weights")
    up = rng.normal(0.0, START, (pixels, hidden))
    top = rng.normal(0.0, OUTPUT_START, (hidden, n))
    return np.clip(up - up.mean(axis=0), -BOUND, BOUND), np.clip(top, -OUTPUT_BOUND, OUTPUT_BOUND)


def _random(hidden: int, each: int, seed: int) -> FloatArray:
    """Random feedback weights, the same for all output neurons of a class."""
    signs = stream(seed, "feedback").choice([-1.0, 1.0], (CLASSES, hidden))
    return DOWN * np.repeat(signs, each, axis=0)


def _tied(top: FloatArray) -> FloatArray:
    """Transposed weights minus their mean over outputs, because a part common to all classes carries no error."""
    return TIED * (top - top.mean(axis=1, keepdims=True)).T
