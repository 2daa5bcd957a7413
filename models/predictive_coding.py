"""Predictive coding in spikes: values settle by the spikes of error pairs, while an image and its label are shown, and learn.

Paper: Whittington, Bogacz (2017), "An approximation of the error backpropagation algorithm in a predictive coding network with
local Hebbian synaptic plasticity", doi:10.1162/NECO_a_00949.

Each layer has values v and errors ``e = v - W f(v below)``, with f(v) = max(v, 0). Values descend the energy ``sum e^2 / 2``::

    v <- v + rate (f'(v) W'e above - e)

A value unit holds v and sends it as the rate of its spikes, of either sign; the layer above hears the positive ones. An error
pair adds up what arrives minus what is predicted, and sends the sum in spikes of size 1, which values integrate. The mean of
what arrives in a step is therefore that of the equation. Spikes are noise on it, whose size is proportional to `rate`: a
smaller rate is more exact, and slower. In steps with a target the outputs are clamped to it; in others they are free, and
approach the answer.

In the last step of an image, weights change by ``eta e h``: e is the count of the errors in the second half of the image,
after values have settled, and h a trace of the values' spikes below. The weights down are the transposed weights up at the
start, and do not learn, so nothing is transported.

Deviations: spikes instead of rates; a spike arrives one step after it was sent; a value is between -1 and 1, and an error sends
one spike per step at most; there are no biases. The paper uses the transposed weights at all times.

Expected: with a rate of 0.05, values are within 5 % of where they end after about 140 steps with the label, in float and in
integers (`experiments/spiking_predictive_coding.py`). With one hidden layer of 40 units, 95 % of scikit-learn's digits are
right after 6 epochs, about as many in integers (`experiments/predictive_coding_digits.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster, per_step
from neurosim.neurons import ErrorPair
from neurosim.neurons.step_neuron import Level, StepNeuron, Steps
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.rng import stream
from neurosim.units import FloatArray, ms

PIXELS, CLASSES = 64, 10
TAU = 50
"""Time constant, in steps, of the trace of values that the rule reads."""


@dataclass(frozen=True, kw_only=True)
class ValueUnit(StepNeuron):
    """Value that integrates errors and is sent as a rate: v / v_th spikes per step, on channel "positive" or "negative".

    Receptor "own" adds to v; receptor "above" does so while v is above 0, the slope of f. Receptor "clamp" sets v: to 0, if its
    input is negative.

    Parameters
    ----------
    v_th : unit of the weights
        What a spike stands for; the largest value.
    """

    v_th: Level
    states = {"v": "level", "unsent": "level"}
    inputs = {"own": "a", "above": "b", "clamp": "c"}
    step = """
        v = min(max(v + a + where(v > 0, b, 0), -v_th), v_th)
        if c != 0:
            v = max(c, 0)
        unsent = unsent + v
        positive = unsent >= v_th
        negative = unsent <= -v_th
        spike = positive or negative
        if positive:
            unsent = unsent - v_th
        if negative:
            unsent = unsent + v_th
    """
    sends = {"positive": "positive", "negative": "negative"}


@dataclass(frozen=True, kw_only=True)
class SettledErrors(ErrorPair):
    """Error pair that counts its errors, positive minus negative, in the second half of each image, for its weights.

    Parameters
    ----------
    period, half : time
        Length of an image, and half of it. The third factor "total" is the count in the last step of an image, else 0.
    """

    period: Steps
    half: Steps
    states = {"v": "level", "count": "whole"}
    step = f"""
        {ErrorPair.step.strip()}
        now = step % period
        count = where(now < half, 0, count + int(positive) - int(negative))
        total = where(now == period - 1, count, 0)
    """
    factors = {"total": "total"}


def build(
    image: Any = None,
    target: Any = None,
    hidden: Sequence[int] = (40, 40),
    rate: float = 0.05,
    eta: float = 0.0,
    output_eta: float = 0.0,
    period: int = 200,
    bound: float | None = 1.0,
    seed: int = 0,
) -> Network:
    """Build the network; `image` (steps, pixels) are spikes, `target` (steps, classes) is 1, -1 or 0: 1, 0 or free.

    Populations are v1, e1, v2, e2 ... from below. The weights w1, w2 ... of hidden layers learn with `eta`, those of the output
    with `output_eta`, for errors and values per step; with 0 they do not. `period` is the number of steps of an image, and
    `bound` the largest size of a weight that learns, which Lava in float does not have (None).
    """
    spikes = np.zeros((1, PIXELS), np.uint8) if image is None else np.asarray(image)
    labels = np.zeros((len(spikes), CLASSES), np.int32) if target is None else np.asarray(target, np.int32)
    sizes = (PIXELS, *hidden, CLASSES)
    layers, output = _start(sizes, seed), f"v{len(sizes) - 1}"
    pair = SettledErrors(tau_m=per_step(1), v_th=1.0, period=period * ms, half=period // 2 * ms)
    rules = [_rule(one, period, bound) for one in (*[eta] * len(hidden), output_eta)]
    return Network(
        name="predictive_coding",
        populations=[
            Population("image", PIXELS, SpikeRaster(spikes)),
            Population("one", CLASSES, SpikeRaster((labels > 0).astype(np.uint8))),
            Population("zero", CLASSES, SpikeRaster((labels < 0).astype(np.uint8))),
            *(Population(f"v{k}", n, ValueUnit(v_th=1.0)) for k, n in enumerate(sizes[1:], 1)),
            *(Population(f"e{k}", n, pair) for k, n in enumerate(sizes[1:], 1)),
        ],
        projections=[
            Projection("one", output, OneToOne(1.0), receptor="clamp"),
            Projection("zero", output, OneToOne(-1.0), receptor="clamp"),
            Projection("image", "e1", layers[0], receptor="prediction", name="w1", plasticity=rules[0]),
            *(_up(k, w, rule) for k, (w, rule) in enumerate(zip(layers[1:], rules[1:], strict=True), 2)),
            *(p for k, w in enumerate(layers[1:], 2) for p in _down(k, rate * w.T)),
            *(p for k in range(1, len(layers) + 1) for p in _own(k, rate)),
        ],
        dt=1 * ms,
        seed=seed,
    )


def _start(sizes: Sequence[int], seed: int) -> list[FloatArray]:
    """Weights with which the values of the first layer have a size of about 0.4, and those above somewhat less."""
    rng = stream(seed, "weights")
    shapes = zip(sizes[:-1], sizes[1:], strict=True)
    return [rng.normal(0, np.sqrt((1.0 if k else 0.7) / m), (m, n)) for k, (m, n) in enumerate(shapes)]


def _up(k: int, w: FloatArray, rule: PlasticityRule | None) -> Projection:
    """What layer k is predicted to be."""
    return Projection(f"v{k - 1}", f"e{k}", w, channel="positive", receptor="prediction", name=f"w{k}", plasticity=rule)


def _down(k: int, w: FloatArray) -> list[Projection]:
    """Errors of layer k to the values below."""
    pair = (("positive", w), ("negative", -w))
    return [Projection(f"e{k}", f"v{k - 1}", w, channel=c, receptor="above", name=f"down{k}_{c}") for c, w in pair]


def _own(k: int, rate: float) -> list[Projection]:
    """A layer's values to its errors, and back."""
    v, e = f"v{k}", f"e{k}"
    pair = (("positive", 1.0), ("negative", -1.0))
    there = [Projection(v, e, OneToOne(s), channel=c, receptor="input", name=f"{v}_{c}") for c, s in pair]
    back = [Projection(e, v, OneToOne(-s * rate), channel=c, receptor="own", name=f"{e}_{c}") for c, s in pair]
    return [*there, *back]


def _rule(eta: float, period: int, bound: float | None) -> PlasticityRule | None:
    """The rule ``eta e h``, for a count of errors and a trace of values."""
    if not eta:
        return None
    most = period - period // 2
    return PlasticityRule(
        name="predictive_coding",
        traces={"h": pre(TAU * ms, peak=TAU)},
        modulators={"e": post_modulator("total", peak=most)},
        every={1: {"w": "eta * e * h"}},
        parameters={"eta": eta / (TAU * most)},
        bounds=None if bound is None else (-bound, bound),
        paper="Whittington, Bogacz 2017, doi:10.1162/NECO_a_00949",
        equation=r"\Delta w = \eta \, e \, h",
    )
