"""Layer of spiking neurons that compete through a pool of inhibition and learn handwritten digits without labels, by SoftHebb.

Paper: Moraitis, Toichkin, Journé, Chua, Guo (2022), "SoftHebb: Bayesian inference in unsupervised Hebbian soft winner-take-all
networks", doi:10.1088/2634-4386/aca710.

All neurons integrate the same image, and the race to their noisy threshold takes the place of the softmax: who spikes makes the
pool spike, and the pool sets all others back. The pool also takes from all of them what an image excites in a neuron on
average ("shared"), so that differences decide the race. When a neuron spikes, its weights change by ``eta (gain x - u w)``: x
is a trace of the presynaptic spikes, and u is the neuron's own input without inhibition, low-passed with the same time
constant. u is therefore the product of w and x, and weights of neurons that spike approach the length `gain`, from above.

Deviations: y is a spike instead of a probability; there are no mini-batches, and the learning rate is not changed by the length
of the weights.

Expected: of scikit-learn's digits, about 92 % right if each neuron votes for one class, and lengths of 1.0 of the weights of
neurons that spike; `experiments/softhebb_digits.py` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim import LIF, AllToAll, Network, Population, Projection, SpikeRaster, per_step
from neurosim.neurons.step_neuron import Decay, Level, PerLevel, StepNeuron
from neurosim.plasticity import PlasticityRule, post, post_modulator, pre
from neurosim.rng import stream
from neurosim.units import ms

PIXELS = 64
TAU = 20 * ms
"""Time constant of x and u."""
LARGEST = 64.0
"""Largest u."""


@dataclass(frozen=True, kw_only=True)
class CompetingLIF(StepNeuron):
    """LIF neuron with a noisy threshold and inhibition that takes v down to rest; it supplies its low-passed input as "drive".

    Parameters
    ----------
    tau_m, tau_u : time
        Time constants of the voltage v, and of the drive u.
    v_th, noise : unit of the weights
        The threshold is drawn anew in each step, from v_th to v_th + noise.
    per_v : 1 over that
        The drive that rules read is a whole number of 1 / (64 per_v).
    """

    tau_m: Decay
    tau_u: Decay
    v_th: Level
    noise: Level
    per_v: PerLevel
    states = {"v": "level", "u": "level"}
    inputs = {"default": "a", "inhibition": "b"}
    step = """
        u = decay(u, tau_u) + a
        v = max(decay(v, tau_m) + a - b, 0)
        spike = v >= v_th + chance(draw) * noise
        if spike:
            v = 0
        drive = units(per_v * u, 6)
    """
    factors = {"drive": "drive"}


def build(
    image: Any = None,
    neurons: int = 100,
    eta: float = 3e-3,
    gain: float = 1.0,
    start: float = 1.5,
    shared: float = 0.12,
    v_th: float = 12.0,
    bound: float | None = 0.5,
    seed: int = 0,
) -> Network:
    """Build the layer; `image` (steps, pixels) are spikes. If `eta` is 0, weights do not change.

    Weights are uniform at first, with about the length `start`, which has to be above `gain`; otherwise a few neurons win
    always. `bound` is the largest weight, which Lava in float does not have (None).
    """
    weights = stream(seed, "weights").uniform(0, start * np.sqrt(3 / PIXELS), (PIXELS, neurons))
    rule = PlasticityRule(
        name="softhebb",
        traces={"x": pre(TAU, peak=10.0, channel="arrival"), "y": post(decay=0, peak=1.0)},
        modulators={"u": post_modulator("drive", peak=LARGEST)},
        every={1: {"w": "eta * y * (gain * x - u * w)"}},
        parameters={"eta": eta, "gain": gain},
        bounds=(0.0, bound),
        paper="Moraitis et al. 2022, doi:10.1088/2634-4386/aca710",
        equation=r"\Delta w = \eta \, y (x - u w)",
    )
    cell = CompetingLIF(tau_m=2 * TAU, tau_u=TAU, v_th=v_th, noise=v_th / 3, per_v=1 / LARGEST)
    return Network(
        name="softhebb_digits",
        populations=[
            Population("image", PIXELS, SpikeRaster(np.zeros((1, PIXELS), np.uint8) if image is None else image)),
            Population("cell", neurons, cell),
            Population("pool", 1, LIF(tau_m=per_step(0), v_th=0.5)),
        ],
        projections=[
            Projection("image", "cell", weights, plasticity=rule if eta else None),
            Projection("image", "cell", AllToAll(shared), receptor="inhibition", name="shared"),
            Projection("cell", "pool", AllToAll(1.0)),
            # More than a neuron can have integrated.
            Projection("pool", "cell", AllToAll(200.0), receptor="inhibition"),
        ],
        dt=1 * ms,
        seed=seed,
    )
