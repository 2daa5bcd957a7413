"""Clopath et al. 2010: whether pairs of spikes strengthen a synapse depends on how often they occur.

Clopath, Buesing, Vasilaki, Gerstner (2010), doi:10.1038/nn.2479, with the parameters of the visual cortex: weights fall at
presynaptic spikes with a mean of the voltage, and grow in each step with the voltage and another mean. The neuron supplies both
as third factors of the rule. 15 pairs at 10, 20, 30, 40 and 50 Hz, with the presynaptic spike 10 ms before or after. Neurons
are integrate-and-fire with spikes of 2 ms, simpler than in the paper, so their changes differ from the paper's.
"""

from dataclasses import dataclass

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import Network, OneToOne, Population, Projection, SpikeArray, emulate_network, simulate
from neurosim.neurons import Fraction, Level, PerLevel, StepNeuron, Whole
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.units import ms

DT, RATES, PAIRS = 0.1, (10, 20, 30, 40, 50), 15
CONSTANTS = {"A_LTD": 14e-5, "A_LTP": 8e-5 * DT / 15, "THETA": 25.3, "DT": DT}
"""For voltages in mV above rest, which is also the lower threshold of the means; per step and jump of the trace."""


@dataclass(frozen=True, kw_only=True)
class Means(StepNeuron):
    """A neuron with spikes of 2 ms and two means of its voltage; voltages in mV above rest."""

    rate: Fraction
    to_plus: Fraction
    to_minus: Fraction
    one: PerLevel
    theta: Level
    v_th: Level
    peak: Level
    v_reset: Level
    width: Whole
    states = {"v": "level", "plus": "level", "minus": "level", "held": "whole"}
    inputs = {"default": "a"}
    step = """
        plus = plus + to_plus * (v - plus)
        minus = minus + to_minus * (v - minus)
        v = v - rate * v + a
        spike = held == 0 and v > v_th
        if spike:
            held = width
        if held > 0:
            held -= 1
            v = peak if held > 0 else v_reset
    """
    factors = {"ltd": "one * max(minus, 0)", "ltp": "(one * max(v - theta, 0)) * (one * max(plus, 0))"}


def described(small):
    rates = np.repeat(RATES, 2)
    starts = [20 + np.arange(3 if small else PAIRS) * 1000 / rate for rate in rates]
    who, begun = np.repeat(np.arange(10), [len(s) for s in starts]), np.concatenate(starts)
    first, second = (SpikeArray(who, (begun + 10 * (who % 2 == order)).round(1) * ms) for order in (1, 0))
    neuron = Means(
        rate=DT / 9.4, to_plus=DT / 7, to_minus=DT / 10, one=1.0, theta=CONSTANTS["THETA"], v_th=50.0, peak=100.0,
        v_reset=10.0, width=20,
    )  # fmt: skip
    rule = PlasticityRule(
        name="clopath",
        traces={"x": pre(15 * ms)},
        modulators={"ltd": post_modulator("ltd"), "ltp": post_modulator("ltp")},
        on_pre={"w": "-a_ltd * ltd"},
        every={1: {"w": "a_ltp * x * ltp"}},
        parameters={"a_ltd": CONSTANTS["A_LTD"], "a_ltp": CONSTANTS["A_LTP"]},
        bounds=(0.0, 3.0),
    )
    populations = [Population("pre", 10, first), Population("teacher", 10, second), Population("post", 10, neuron)]
    synapses = [
        Projection("pre", "post", OneToOne(0.5), plasticity=rule),
        Projection("teacher", "post", OneToOne(60.0)),
    ]
    return Network("clopath", populations, synapses, dt=DT * ms), (250 if small else 1600) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    sources, teachers = (SpikeGeneratorGroup(10, *inputs[name]) for name in ("pre", "teacher"))
    cells = NeuronGroup(
        10,
        """dv/dt = -v/(9.4*ms) : 1
           dplus/dt = (v - plus)/(7*ms) : 1
           dminus/dt = (v - minus)/(10*ms) : 1
           arrived : 1
           begun : second""",
        threshold="v > 50 and timestep(t - begun, dt) > 20", reset="begun = t", method="euler",
    )  # fmt: skip
    cells.begun = -10 * ms
    cells.run_regularly("v += arrived; arrived = 0", when="before_thresholds")
    # A spike lasts 2 ms, in which the voltage is 100, and ends at 10.
    cells.run_regularly(
        """since = timestep(t - begun, dt)
           v = 100*int(since < 19) + 10*int(since == 19) + v*int(since > 19)""",
        when="after_resets",
    )
    teaching = Synapses(teachers, cells, on_pre="arrived += 60")
    teaching.connect(j="i")
    learning = Synapses(
        sources, cells,
        """w : 1
           dx/dt = -x/(15*ms) : 1 (clock-driven)""",
        on_pre="""arrived += w
                  x += 1
                  w = clip(w - A_LTD*clip(minus_post, 0, inf), 0, 3)""",
        namespace=CONSTANTS, method="exact",
    )  # fmt: skip
    learning.connect(j="i")
    learning.w = 0.5
    learning.run_regularly("w = clip(w + A_LTP*x*clip(v_post - THETA, 0, inf)*clip(plus_post, 0, inf), 0, 3)", when="end")
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"post": spikes, "pre_post": learning}


def numbers(recording):
    change = 100 * (recording.weights["pre_post"].values[-1].diagonal() / 0.5 - 1)
    return {
        "change at 10 Hz, pre first (%)": change[0],
        "change at 50 Hz, pre first (%)": change[8],
        "change at 10 Hz, post first (%)": change[1],
        "change at 50 Hz, post first (%)": change[9],
    }


def in_steps(network, duration):
    return simulate(network, duration, integration="step")


EXECUTIONS = {"Brian2": in_steps, "emulator": emulate_network}
