"""Two populations of pyramidal cells that send events up and bursts down over the same axons.

Paper: Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x, figure 3,
with the parameters of the authors' code.

The cells "lower" receive a sine current at the soma, the cells "upper" a sine current with another period at the dendrite, and
noise drives every compartment. Depressing synapses transmit events: lower cells excite the somata of upper cells, and
parvalbumin-positive cells (PV) that inhibit these somata. Facilitating synapses transmit bursts: upper cells excite the
dendrites of lower cells, and somatostatin-positive cells (SOM) that inhibit these dendrites. Within a population, facilitating
synapses inhibit dendrites; they represent the interneurons of a recurrent loop.

Expected: the event rate of the lower cells follows their somatic current, and that of the upper cells follows it; the burst
probability of the upper cells follows their dendritic current, and that of the lower cells follows the upper cells' burst rate.

The authors' code sets the facilitation per spike to f = 0.1, but the update that it actually runs is that of its base class,
where f equals U. With f = 0.1, this network produces population bursts while the burst probability is high.

There are `n` cells per population, and a quarter as many of each kind of interneuron. Smaller networks keep the number of
inputs per cell, 200 from pyramidal cells and 50 from interneurons, as far as there are that many cells.
"""

from __future__ import annotations

import numpy as np

from neurosim import FixedProbability, Network, Population, Projection, ShortTermPlasticity, Timed
from neurosim.neurons import PV, SOM, PoissonNoise, TwoCompartment
from neurosim.units import Hz, ms, pA, second

DEPRESSING = ShortTermPlasticity(U=0.9, tau_d=20 * ms, tau_f=1 * second)
FACILITATING = ShortTermPlasticity(U=0.02, tau_d=100 * ms, tau_f=100 * ms)
NOISE = {"soma_exc": 0.35, "soma_inh": 0.35, "dend_exc": 0.05, "dend_inh": 0.05}
PV_NOISE, SOM_NOISE = {"exc": 0.75, "inh": 1.125}, {"exc": 0.4, "inh": 0.5}
"""Weight of a noise source of 500 Hz for each receptor, in units of the leak."""
PERIODS = 0.5, 0.5 * 5**0.5
"""Periods of the somatic and of the dendritic sine, in seconds."""
EVERY = 1.0
"""Time for which each value of a sine is held, in milliseconds."""
PYRAMIDAL, INTERNEURONS = 4000, 1000
CONNECTED = 0.05
"""Connection probability in a network of this size."""


def noise(weights):
    return [PoissonNoise(receptor, 500 * Hz, weight) for receptor, weight in weights.items()]


def sine(mean, amplitude, period, burn_in, seconds):
    """Current that is `mean` for `burn_in` seconds and then a sine around it, which begins by rising."""
    time = np.arange(round((burn_in + seconds) * 1e3 / EVERY)) * EVERY * 1e-3 - burn_in
    return Timed((mean + amplitude * np.sin(2 * np.pi * time / period) * (time >= 0)) * pA, EVERY * ms)


def synapses(sizes, pre, post, weight, receptor, short_term=None):
    full = PYRAMIDAL if pre in ("lower", "upper") else INTERNEURONS
    p = min(1.0, CONNECTED * full / sizes[pre])
    return Projection(pre, post, FixedProbability(weight, p=p), delay=0.8 * ms, receptor=receptor, short_term=short_term)


def build(
    n: int = PYRAMIDAL,
    seconds: float = 3.0,
    burn_in: float = 1.0,
    somatic: float = 200,
    dendritic: float = 100,
    dt: float = 0.1,
    seed: int = 0,
) -> Network:
    """Build a network with sine currents for `seconds` after a constant current for `burn_in`; amplitudes in pA, `dt` in ms."""
    sizes = {"lower": n, "upper": n, "pv": n // 4, "som": n // 4}
    lower = TwoCompartment(I_s=sine(0, somatic, PERIODS[0], burn_in, seconds), I_d=50 * pA, noise=noise(NOISE))
    upper = TwoCompartment(I_s=-100 * pA, I_d=sine(100, dendritic, PERIODS[1], burn_in, seconds), noise=noise(NOISE))
    neurons = {
        "lower": lower,
        "upper": upper,
        "pv": PV(current=205 * pA, noise=noise(PV_NOISE)),
        "som": SOM(noise=noise(SOM_NOISE)),
    }
    return Network(
        name="burst_multiplexing",
        populations=[Population(name, size, neurons[name]) for name, size in sizes.items()],
        projections=[
            synapses(sizes, "lower", "upper", 0.05, "soma_exc", DEPRESSING),
            synapses(sizes, "lower", "pv", 0.05, "exc", DEPRESSING),
            synapses(sizes, "pv", "upper", 0.07, "soma_inh"),
            synapses(sizes, "upper", "lower", 0.37, "dend_exc", FACILITATING),
            synapses(sizes, "upper", "som", 0.3, "exc", FACILITATING),
            synapses(sizes, "som", "lower", 0.035, "dend_inh"),
            synapses(sizes, "lower", "lower", 0.1, "dend_inh", FACILITATING),
            synapses(sizes, "upper", "upper", 0.1, "dend_inh", FACILITATING),
        ],
        dt=dt * ms,
        seed=seed,
    )
