"""COBAHH: a network of Hodgkin-Huxley neurons with conductances keeps itself active.

Benchmark 3 of Brette et al. (2007), doi:10.1007/s10827-007-0038-6, with the channels of Traub and Miles (1991): 4000 neurons
with sodium and potassium channels, connected with probability 2 %. The step of a neuron for the emulator knows no exponential
function, so the network runs in Brian2 alone.
"""

from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import EquationNeuron, FixedProbability, Network, Normal, Population, Projection, simulate
from neurosim.analysis.measures import cv, mean_rate
from neurosim.units import ms, mV, nS, pF, uS

MODEL = """
dv/dt = (g_l*(E_l - v) + ge*(E_e - v) + gi*(E_i - v) + g_na*m**3*h*(E_na - v) + g_k*n**4*(E_k - v))/C : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dge/dt = -ge/tau_e : siemens
dgi/dt = -gi/tau_i : siemens
u = (v - V_T)/mV : 1
alpha_m = 1.28/exprel((13 - u)/4)/ms : Hz
beta_m = 1.4/exprel((u - 40)/5)/ms : Hz
alpha_h = 0.128*exp((17 - u)/18)/ms : Hz
beta_h = 4/(1 + exp((40 - u)/5))/ms : Hz
alpha_n = 0.16/exprel((15 - u)/5)/ms : Hz
beta_n = 0.5*exp((10 - u)/40)/ms : Hz
"""
PARAMETERS = {
    "C": 200 * pF, "g_l": 10 * nS, "g_na": 20 * uS, "g_k": 6 * uS, "E_l": -60 * mV, "E_na": 50 * mV, "E_k": -90 * mV,
    "E_e": 0 * mV, "E_i": -80 * mV, "V_T": -63 * mV, "tau_e": 5 * ms, "tau_i": 10 * ms,
}  # fmt: skip
START = {"v": Normal(-65 * mV, 5 * mV), "ge": Normal(40 * nS, 15 * nS), "gi": Normal(200 * nS, 120 * nS)}


def described(small):
    neuron = EquationNeuron(
        model=MODEL, parameters=PARAMETERS, threshold="v > -20*mV", refractory=3 * ms,
        receptors={"excitatory": "ge", "inhibitory": "gi"},
    )  # fmt: skip
    cells = Population("cells", 4000, neuron, initial=START)
    synapses = [
        Projection(cells[:3200], "cells", FixedProbability(6 * nS, p=0.02), receptor="excitatory", name="excitation"),
        Projection(cells[3200:], "cells", FixedProbability(67 * nS, p=0.02), receptor="inhibitory", name="inhibition"),
    ]
    return Network("cobahh", [cells], synapses, dt=0.1 * ms), (10 if small else 300) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        4000, MODEL, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=PARAMETERS
    )
    start = network.initial("cells")
    cells.v_, cells.ge_, cells.gi_ = start["v"], start["ge"], start["gi"]
    excitation = Synapses(cells, cells, on_pre="ge += 6*nS")
    inhibition = Synapses(cells, cells, on_pre="gi += 67*nS")
    for synapses, name in ((excitation, "excitation"), (inhibition, "inhibition")):
        pre, post = network.weights(name).nonzero()
        synapses.connect(i=pre, j=post)
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    return {"rate (Hz)": mean_rate(recording, "cells"), "CV of the intervals": cv(recording, "cells")}


EXECUTIONS = {"Brian2": simulate}
