"""NMDA: synapses that saturate and open only in depolarised neurons.

Jahr and Stevens (1990), doi:10.1523/JNEUROSCI.10-09-03178.1990, for the block by magnesium; the gating variable with a rise, a
decay and a saturation is that of Wang (1999), doi:10.1523/JNEUROSCI.19-21-09587.1999. 60 neurons have one input each, from 2 to
120 Hz, through AMPA and NMDA receptors. The equations contain an exponential function, so they run in Brian2 alone.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, StateMonitor, Synapses, defaultclock, run

from neurosim import EquationNeuron, Network, OneToOne, PoissonInput, Population, Probe, Projection, simulate
from neurosim.analysis.measures import mean_rate
from neurosim.units import Hz, ms, mV

MODEL = """
dv/dt = (25*nS*(-70*mV - v) + (s_ampa*20*nS + s_nmda*open*25*nS)*(0*mV - v) + 0.3*nA)/(500*pF) : volt (unless refractory)
open = 1/(1 + exp(-0.062*v/mV)/3.57) : 1
ds_ampa/dt = -s_ampa/(2*ms) : 1
ds_nmda/dt = -s_nmda/(100*ms) + 0.5*x*(1 - s_nmda)/ms : 1
dx/dt = -x/(2*ms) : 1
"""
RUN = {"threshold": "v > -50*mV", "reset": "v = -60*mV", "refractory": 2 * ms, "method": "euler"}


def described(small):
    neuron = EquationNeuron(model=MODEL, receptors={"ampa": "s_ampa", "nmda": "x"}, initial={"v": -60 * mV}, **RUN)
    populations = [
        Population("inputs", 60, PoissonInput(np.linspace(2, 120, 60) * Hz)),
        Population("cells", 60, neuron),
    ]
    synapses = [Projection("inputs", "cells", OneToOne(1.0), receptor=r, name=r) for r in ("ampa", "nmda")]
    return Network("nmda", populations, synapses, [Probe("cells", "s_nmda")], dt=0.1 * ms), (300 if small else 2000) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.1 * ms
    sources = SpikeGeneratorGroup(60, *inputs["inputs"])
    cells = NeuronGroup(60, MODEL, **RUN)
    cells.v = -60 * mV
    synapses = Synapses(sources, cells, on_pre="s_ampa += 1; x += 1")
    synapses.connect(j="i")
    spikes, gates = SpikeMonitor(cells), StateMonitor(cells, "s_nmda", record=True, when="end")
    run(duration)
    return {"cells": spikes, ("cells", "s_nmda"): gates}


def numbers(recording):
    gates = recording.states["cells", "s_nmda"][0].mean(axis=0)
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "open share of NMDA at inputs of up to 40 Hz": gates[:20].mean(),
        "open share of NMDA at inputs of 80 to 120 Hz": gates[40:].mean(),
    }


EXECUTIONS = {"Brian2": simulate}
