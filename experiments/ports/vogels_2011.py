"""Vogels et al. 2011: inhibitory plasticity balances a network.

Vogels, Sprekeler, Zenke, Clopath, Gerstner (2011), doi:10.1126/science.1211095: 8000 excitatory and 2000 inhibitory neurons
with conductances, connected with probability 2 %, driven above threshold by a constant current. Inhibitory synapses onto
excitatory neurons begin at 0 and learn towards a rate of 3 Hz. The paper learns for minutes; here the rate of learning is
higher, and the run ends after 2 s. Where two spikes meet in one step, Brian2's usual order of updates counts the pair once, and
neurosim twice.
"""

from dataclasses import dataclass

import numpy as np
from brian2 import Network as BrianNetwork
from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock

from neurosim import FixedProbability, Network, Population, Projection, Uniform, emulate_network, per_step, simulate
from neurosim.analysis.measures import cv, mean_rate
from neurosim.neurons import Fraction, Level, PerLevel, StepNeuron, Steps, SynapticDecay
from neurosim.plasticity import inhibitory_stdp
from neurosim.units import Hz, ms, mV

DT, ETA, TARGET = 0.1, 0.1, 3
"""Step in ms, rate of learning in nS, and the rate that is aimed for in Hz."""


@dataclass(frozen=True, kw_only=True)
class Conductances(StepNeuron):
    """Conductances in nS, by forward Euler; voltages in mV above rest."""

    rate: Fraction
    strength: PerLevel
    tau_e: SynapticDecay
    tau_i: SynapticDecay
    above: Level
    e_exc: Level
    e_inh: Level
    v_th: Level
    refractory: Steps
    states = {"g_e": "current", "g_i": "current", "v": "level", "held": "whole"}
    inputs = {"excitatory": "a_e", "inhibitory": "a_i"}
    step = """
        g_e = g_e + a_e
        g_i = g_i + a_i
        if held > 0:
            held -= 1
        else:
            v = v + rate * (above - v) + (strength * g_e) * (e_exc - v) + (strength * g_i) * (e_inh - v)
        g_e = decay(g_e, tau_e)
        g_i = decay(g_i, tau_i)
        spike = held == 0 and v > v_th
        if spike:
            v = 0
            held = refractory
    """


def described(small):
    excitatory, inhibitory = (800, 200) if small else (8000, 2000)
    p = 0.2 if small else 0.02
    neuron = Conductances(
        rate=DT / 20, strength=DT / 200, tau_e=per_step(1 - DT / 5), tau_i=per_step(1 - DT / 10), above=20.0, e_exc=60.0,
        e_inh=-20.0, v_th=10.0, refractory=(5 - DT) * ms,
    )  # fmt: skip
    populations = [
        Population("excitatory", excitatory, neuron, initial={"v": Uniform(0.0, 10.0)}),
        Population("inhibitory", inhibitory, neuron, initial={"v": Uniform(0.0, 10.0)}),
    ]
    fixed = [
        Projection(pre, post, FixedProbability(w, p=p, autapses=pre != post), receptor=pre)
        for pre, post, w in (
            ("excitatory", "excitatory", 0.3), ("excitatory", "inhibitory", 0.3), ("inhibitory", "inhibitory", 3.0)
        )
    ]  # fmt: skip
    rule = inhibitory_stdp(ETA, TARGET * Hz, 20 * ms)
    learning = Projection("inhibitory", "excitatory", FixedProbability(0.0, p=p), receptor="inhibitory", plasticity=rule)
    return Network("vogels", populations, [*fixed, learning], dt=DT * ms), (100 if small else 2000) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    n, of_excitatory = sum(p.n for p in network.populations), network.population("excitatory").n
    cells = NeuronGroup(
        n,
        """dv/dt = (10*nS*(-60*mV - v) + g_e*(0*mV - v) + g_i*(-80*mV - v) + 200*pA)/(200*pF) : volt (unless refractory)
           dg_e/dt = -g_e/(5*ms) : siemens
           dg_i/dt = -g_i/(10*ms) : siemens""",
        threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="euler",
    )  # fmt: skip
    populations = {"excitatory": cells[:of_excitatory], "inhibitory": cells[of_excitatory:]}
    cells.v = np.concatenate([network.initial(name)["v"] for name in populations]) * mV - 60 * mV
    parts = [
        Synapses(populations["excitatory"], cells, on_pre="g_e += 0.3*nS"),
        Synapses(populations["inhibitory"], populations["inhibitory"], on_pre="g_i += 3*nS"),
    ]
    pre, post = network.weights("excitatory_excitatory").nonzero()
    to, at = network.weights("excitatory_inhibitory").nonzero()
    parts[0].connect(i=np.concatenate([pre, to]), j=np.concatenate([post, at + of_excitatory]))
    pre, post = network.weights("inhibitory_inhibitory").nonzero()
    parts[1].connect(i=pre, j=post)
    learning = Synapses(
        populations["inhibitory"], populations["excitatory"],
        """w : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)
           dy/dt = -y/(20*ms) : 1 (event-driven)""",
        on_pre="""g_i += w*nS
                  x += 1
                  w = clip(w + ETA*(y - 2*TARGET*Hz*20*ms), 0, inf)""",
        on_post="""y += 1
                   w = clip(w + ETA*x, 0, inf)""",
    )  # fmt: skip
    matrix = network.weights("inhibitory_excitatory").tocoo()
    learning.connect(i=matrix.row, j=matrix.col)
    spikes = {name: SpikeMonitor(group) for name, group in populations.items()}
    brian = BrianNetwork(cells, parts, learning, spikes.values())
    brian.run(duration)
    return {**spikes, "inhibitory_excitatory": learning}


def numbers(recording):
    weights = recording.weights["inhibitory_excitatory"].values[-1]
    return {
        "rate of excitatory neurons (Hz)": mean_rate(recording, "excitatory"),
        "rate of inhibitory neurons (Hz)": mean_rate(recording, "inhibitory"),
        "CV of the intervals": cv(recording, "excitatory"),
        "mean weight (nS)": float(weights.sum() / np.count_nonzero(weights)),
    }


def in_steps(network, duration):
    return simulate(network, duration, integration="step")


EXECUTIONS = {"Brian2": in_steps, "emulator": emulate_network}
