"""Izhikevich 2007: dopamine that arrives seconds later strengthens the synapse that earned it, among others that fire as well.

Izhikevich (2007), doi:10.1093/cercor/bhl152, after figure 1: a neuron has 100 inputs of 2 Hz. Whenever it fires within 10 ms
after a spike of input 0, dopamine rises 0.5 s to 1.5 s later and decays with 200 ms. Spikes change a tag of each synapse, which
decays with 1 s, and dopamine times tag changes the weight. The experiment looks at the running network every 10 ms: in neurosim
with `feedback`, in Brian2 with a network operation. The tag is updated once per step in neurosim, which Brian2's version
copies.
"""

import numpy as np
from brian2 import Network as BrianNetwork
from brian2 import NetworkOperation, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, start
from neurosim.analysis.measures import mean_rate
from neurosim.plasticity import reward_stdp
from neurosim.units import Hz, ms, mV, second

N, DT, W0, RATE, LOOK, WINDOW = 100, 1, 3, 2, 10, 10
"""Inputs; step in ms, first weights in mV, rate of inputs in Hz; ms between looks, and from a cause to its effect at most."""


class Dopamine:
    """The experimenter: sees the spikes of input 0 and of the neuron, and says how much dopamine there is."""

    def __init__(self):
        self.level, self.due, self.causes, self.rng = 0.0, [], [], np.random.default_rng(0)

    def __call__(self, now, causes, effects):
        """The level from the time `now` on, given times of spikes since the last look, in ms."""
        self.causes = [c for c in self.causes if c >= now - LOOK - WINDOW] + list(causes)
        earned = [e for e in effects if any(0 < e - c <= WINDOW for c in self.causes)]
        self.due += [e + self.rng.integers(500, 1500) for e in earned]
        self.level *= np.exp(-LOOK / 200)
        self.level += 0.5 * sum(d <= now for d in self.due)
        self.due = [d for d in self.due if d > now]
        return self.level


def described(small):
    rule = reward_stdp(
        eta=0.01 * DT, a_plus=1 * mV, a_minus=1.5 * mV, bounds=(0 * mV, 4 * mV), tag_peak=20 * mV, m_peak=20.0
    )
    populations = [
        Population("inputs", N, PoissonInput(RATE * Hz)),
        Population("cell", 1, LIF(tau_m=10 * ms, v_th=4 * mV, tau_syn=5 * ms)),
    ]
    synapses = [Projection("inputs", "cell", AllToAll(W0 * mV), plasticity=rule)]
    return Network("izhikevich_2007", populations, synapses, dt=DT * ms), (2 if small else 100) * second


def on_emulator(network, duration):
    run, dopamine = start(network), Dopamine()

    def released(run):
        if not run.step:
            return 0.0
        spikes = run.recent(LOOK * ms).spikes
        causes = spikes["inputs"].step[spikes["inputs"].neuron == 0]
        now = run.step * DT
        return dopamine(now, *(now - LOOK + DT * steps for steps in (causes, spikes["cell"].step)))

    run.feedback("M", released, every=LOOK * ms)
    run.advance(duration)
    return run.recording


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    sources = SpikeGeneratorGroup(N, *inputs["inputs"])
    cell = NeuronGroup(
        1,
        """dv/dt = (g - v)/(10*ms) : volt
           dg/dt = -g/(5*ms) : volt
           dopamine : 1 (shared)""",
        threshold="v > 4*mV", reset="v = 0*mV", method="exact",
    )  # fmt: skip
    synapses = Synapses(
        sources, cell,
        """w : 1
           change : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)
           dy/dt = -y/(20*ms) : 1 (event-driven)
           dtag/dt = -tag/(1*second) : 1 (clock-driven)""",
        on_pre="""g += w*volt
                  x += 1
                  tag -= 0.0015*y""",
        on_post={"first": "y += 1", "last": "tag += 0.001*x"}, method="exact",
    )  # fmt: skip
    # A pair in one step counts in both orders, as in neurosim.
    synapses.first.order, synapses.last.order = -1, 1
    synapses.connect()
    synapses.w = 0.003
    # The pairs of a step act on the weight in the next one.
    synapses.run_regularly("change = 0.01*DT*dopamine_post*tag", when="before_thresholds")
    synapses.run_regularly("w = clip(w + change, 0, 0.004)", when="end")
    of_inputs, of_cell = SpikeMonitor(sources), SpikeMonitor(cell)
    experimenter = Dopamine()

    def release():
        now, at, fired = (np.asarray(t / ms).round(1) for t in (defaultclock.t, of_inputs.t, of_cell.t))
        if now > 0:
            causes = at[(of_inputs.i == 0) & (at >= now - LOOK)]
            cell.dopamine = experimenter(now, causes, fired[fired >= now - LOOK])

    operation = NetworkOperation(release, dt=LOOK * ms, when="start")
    BrianNetwork(sources, cell, synapses, of_inputs, of_cell, operation).run(duration)
    return {"cell": of_cell, "inputs_cell": synapses}


def numbers(recording):
    weights = 1000 * recording.weights["inputs_cell"].values[-1][:, 0]
    return {
        "rate (Hz)": mean_rate(recording, "cell"),
        "weight of the rewarded synapse (mV)": weights[0],
        "mean weight of the others (mV)": weights[1:].mean(),
        "standard deviation of the others (mV)": weights[1:].std(),
    }


EXECUTIONS = {"emulator": on_emulator}
