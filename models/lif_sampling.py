"""LIF neurons in noise that draw samples from a Boltzmann distribution.

Paper: Buesing, Bill, Nessler, Maass (2011), "Neural dynamics as sampling: a model for stochastic computation in recurrent
networks of spiking neurons", doi:10.1371/journal.pcbi.1002211. LIF neurons: Petrovici, Bill, Bytschok, Schemmel, Meier (2016),
doi:10.1103/PhysRevE.94.042312.

A neuron has the state 1 for `tau` steps after a spike, in which it cannot spike again, and 0 otherwise. All neurons send their
state in every step. The voltage v approaches ``u = bias + W z``, and a neuron that may spike does so if v exceeds a threshold
with logistic noise, with probability ``sigma(v - ln tau)``; states then have the distribution ``exp(z W z / 2 + bias z) / Z``.
The logistic function is the largest of eleven chords, within 0.003.

Deviations: all neurons draw in the same step and hear of each other one step later, and v needs a few steps to approach u. Both
make errors that become smaller with `tau`.

Expected: a Kullback-Leibler divergence to the exact distribution of five units below 0.01 nats with `tau` = 20;
`experiments/lif_sampling.py` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim import Network, Population, Projection, per_step
from neurosim.neurons.step_neuron import Bias, Decay, Fraction, PerLevel, StepNeuron, Steps
from neurosim.rng import stream
from neurosim.units import FloatArray, ms

_CHORDS = (
    (2048, 1003), (1991, 890), (1810, 709), (1524, 518), (1198, 355), (893, 233), (639, 148), (445, 93), (259, 46), (114, 17),
    (36, 4),
)  # fmt: skip
"""Chords ``c - m x`` of ``sigma(-x)`` for x = 0, 0.5, ..., 4, 5, 6, 8: (c, m) in units of 2^-12, which a chip has exactly."""


_LOW = "".join(f"        low = max(low, {c / 4096} - {m / 4096} * far)\n" for c, m in _CHORDS).strip()


@dataclass(frozen=True, kw_only=True)
class SamplingLIF(StepNeuron):
    """LIF neuron with logistic noise on its threshold, which sends on channel "on" in each step after a spike that it is held.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Time constant of the voltage.
    slope : 1 over the unit of the weights
        Inverse temperature.
    bias : unit of the weights
        Added to v in every step.
    held : time
        How long the state is 1 after a spike.
    shift : float
        Logarithm of the steps of `held`.
    """

    tau_m: Decay
    slope: PerLevel
    bias: Bias
    held: Steps
    shift: Fraction
    states = {"v": "level", "left": "whole"}
    step = f"""
        v = decay(v, tau_m) + a + bias
        x = slope * v - shift
        far = min(abs(x), 8)
        low = min(far, 0)
        {_LOW}
        p = where(x < 0, units(low, 12), 4096 - units(low, 12))
        left = max(left - 1, 0)
        spike = left == 0 and low_bits(draw, 12, 4095) < p
        if spike:
            left = held
    """
    sends = {"on": "left > 0"}


def build(tau: int = 20, units: int = 5, spread: float = 0.6, kept: float = 0.5, seed: int = 0) -> Network:
    """Build a network of `units` neurons; symmetric weights and biases are drawn at random, with the deviation `spread`.

    `tau` is the time in steps for which a spike counts, and `kept` is the part of v that is kept from step to step.
    """
    weights, biases = parameters(units, spread, seed)
    cell = SamplingLIF(
        tau_m=per_step(kept), slope=1.0, bias=biases * (1 - kept), held=tau * ms, shift=float(np.log(tau))
    )
    return Network(
        name="lif_sampling",
        populations=[Population("units", units, cell)],
        projections=[Projection("units", "units", weights * (1 - kept), channel="on")],
        dt=1 * ms,
        seed=seed,
    )


def parameters(units: int, spread: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Weights (units, units), with 0 on the diagonal, and biases (units,)."""
    rng = stream(seed, "machine")
    drawn = spread * rng.standard_normal((units, units))
    weights = (drawn + drawn.T) / 2
    np.fill_diagonal(weights, 0.0)
    return weights, spread * rng.standard_normal(units)
