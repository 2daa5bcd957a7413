"""Random balanced network of excitatory and inhibitory neurons, which fires irregularly although it is deterministic.

Paper: Brunel (2000), "Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons",
doi:10.1023/A:1008925309027.

This is model A of the paper: LIF neurons with a refractory time of 2 ms, delta synapses of strength J and -g J, and a delay of
1.5 ms. Every neuron has exactly C_E = epsilon N_E excitatory and C_I = C_E / 4 inhibitory inputs. It also has C_E external
Poisson inputs, at `eta` times the rate that alone would bring the mean voltage to threshold.

Expected: at g = 5 and eta = 2 asynchronous irregular firing (figure 8C), with the mean rate and the coefficient of variation
(CV) of the intervals that the paper's mean-field theory gives: 38 Hz and 0.68 at the published size (the emulator finds
37 Hz), 49 Hz and 1.13 at the default one. g = 3 gives fast, regular and synchronous firing (8A), g = 6 with eta = 4 a fast
oscillation (8B), g = 4.5 with eta = 0.9 slow waves at low rates (8D).

The paper uses N_E = 10 000 and J = 0.1 mV. A smaller network keeps the product of J and C_E, and therefore the mean input and
the threshold rate of 10 Hz, but its voltages fluctuate more, and so does the population rate. There is one deviation from the
paper: the external inputs of a neuron are drawn from a pool of N_E Poisson neurons, so two neurons share a fraction epsilon of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim import Network, PoissonInput, Population, Projection, RefractoryLIF
from neurosim.network.connectivity import Connectivity
from neurosim.units import Hz, ms, mV

TAU, THRESHOLD, THRESHOLD_RATE = 20, 20, 10
"""Membrane time constant (ms), threshold (mV), and the external rate (Hz) that brings the mean voltage to threshold."""


@dataclass(frozen=True)
class FixedInDegree(Connectivity):
    """Pattern in which every postsynaptic neuron has exactly `inputs` presynaptic neurons, drawn without replacement."""

    inputs: int = 1

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        pre = [rng.choice(n_pre, self.inputs, replace=False) for _ in range(n_post)]
        return np.concatenate(pre), np.repeat(np.arange(n_post), self.inputs)


def build(n_e: int = 2000, epsilon: float = 0.1, g: float = 5.0, eta: float = 2.0, seed: int = 0) -> Network:
    """Build a network of `n_e` excitatory and a quarter as many inhibitory neurons; g and eta determine the regime."""
    inputs = round(epsilon * n_e)
    strength = THRESHOLD / (THRESHOLD_RATE * TAU * 1e-3 * inputs) * mV
    neuron = RefractoryLIF(tau_m=TAU * ms, v_th=THRESHOLD * mV, v_reset=10 * mV, refractory=2 * ms)

    def synapses(pre: str, post: str, weight: Any, count: int) -> Projection:
        return Projection(pre, post, FixedInDegree(weight, inputs=count), delay=1.5 * ms)

    return Network(
        name="brunel",
        populations=[
            Population("external", n_e, PoissonInput(eta * THRESHOLD_RATE * Hz)),
            Population("excitatory", n_e, neuron),
            Population("inhibitory", n_e // 4, neuron),
        ],
        projections=[
            synapses(pre, post, weight, count)
            for post in ("excitatory", "inhibitory")
            for pre, weight, count in (
                ("external", strength, inputs),
                ("excitatory", strength, inputs),
                ("inhibitory", -g * strength, inputs // 4),
            )
        ],
        dt=0.1 * ms,
        seed=seed,
    )
