"""Reliability: neurons spike at the same times in each trial if their input fluctuates, and not if it is constant.

Mainen and Sejnowski (1995), doi:10.1126/science.7770778: 25 neurons receive the same fluctuating current, 25 others a constant
one of the same mean, and each has private noise. In Brian2, both versions draw the private noise from the same seed.
"""

import brian2
import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, TimedArray, defaultclock, run

from neurosim import EquationNeuron, Network, Population, Timed, simulate
from neurosim.analysis.measures import mean_correlation, mean_rate
from neurosim.backends.brian2.engine import seed_of
from neurosim.units import ms

MODEL = "dv/dt = (drive - v)/(20*ms) + 0.02*xi*sqrt(2/(20*ms)) : 1"
RUN = {"threshold": "v > 1", "reset": "v = 0", "method": "euler", "refractory": 2 * ms}


def currents():
    """Filtered noise with a mean of 1.15 and a time constant of 4 ms, (20 000 steps of 0.1 ms)."""
    values, rng = np.zeros(20000), np.random.default_rng(0)
    for k, draw in enumerate(rng.normal(0, 0.12, 20000)):
        values[k] = values[k - 1] * (1 - 0.1 / 4) + draw
    return 1.15 + values


def described(small):
    fluctuating = EquationNeuron(model=MODEL, parameters={"drive": Timed(currents(), every=0.1 * ms)}, **RUN)
    constant = EquationNeuron(model=MODEL, parameters={"drive": 1.15}, **RUN)
    populations = [Population("fluctuating", 25, fluctuating), Population("constant", 25, constant)]
    return Network("reliability", populations, dt=0.1 * ms), (300 if small else 2000) * ms


def by_hand(network, duration, inputs):
    brian2.seed(seed_of(network))
    defaultclock.dt = 0.1 * ms
    given = {"current": TimedArray(currents(), dt=0.1 * ms)}
    fluctuating = NeuronGroup(25, MODEL.replace("drive", "current(t)"), name="fluctuating", namespace=given, **RUN)
    constant = NeuronGroup(25, MODEL.replace("drive", "1.15"), name="constant", **RUN)
    first, second = SpikeMonitor(fluctuating), SpikeMonitor(constant)
    run(duration)
    return {"fluctuating": first, "constant": second}


def numbers(recording):
    return {
        "rate (Hz)": mean_rate(recording, "fluctuating"),
        "correlation in 5 ms, fluctuating current": mean_correlation(recording, "fluctuating", 5e-3),
        "correlation in 5 ms, constant current": mean_correlation(recording, "constant", 5e-3),
    }


EXECUTIONS = {"Brian2": simulate}
