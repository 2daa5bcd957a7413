"""Golden traces of brian2-loihi.

    python -m venv bl && bl/bin/pip install brian2-loihi==0.5.2 brian2==2.8.0.4 'numpy<2'
    bl/bin/python tests/oracles/make_brian2_loihi.py         # writes brian2_loihi.npz beside this file

Its spike generator reaches the synapses in its own step, one earlier than a neuron does, hence times + 1.
"""

from pathlib import Path

import numpy as np
from brian2 import StateMonitor, prefs
from brian2_loihi import (
    LoihiNetwork,
    LoihiNeuronGroup,
    LoihiSpikeGeneratorGroup,
    LoihiSpikeMonitor,
    LoihiSynapses,
    synapse_sign_mode,
)
from loihi1_cases import BRIAN_CASES, PAIRS, SIZES, STEPS, pack, summary

prefs.codegen.target = "numpy"


def group(case, name):
    """A population."""
    return LoihiNeuronGroup(
        SIZES[name],
        refractory=int(case[f"refract_{name}"]),
        threshold_v_mant=int(case[f"vth_{name}"]),
        decay_v=int(case[f"dv_{name}"]),
        decay_I=int(case[f"du_{name}"]) + 1,
    )


def connect(case, pair, parts):
    """All-to-all synapses, weights in the order (pre, post)."""
    synapses = LoihiSynapses(
        parts[pair[0]],
        parts[pair[1]],
        delay=int(case[f"delay_{pair}"]),
        w_exp=int(case[f"exp_{pair}"]),
        sign_mode=synapse_sign_mode.MIXED,
    )
    synapses.connect()
    synapses.w = case[f"w_{pair}"][np.asarray(synapses.i), np.asarray(synapses.j)].astype(int)
    return synapses


def raster(monitor, n):
    """(steps, n)."""
    out = np.zeros((STEPS, n), bool)
    # Not `monitor.t`, which truncates: 0.029 s is 28 there.
    out[np.round(np.asarray(monitor.t_) * 1000).astype(int), monitor.i] = True
    return out


def trace(case):
    """Current, voltage and spikes of a and b."""
    step, neuron = np.nonzero(case["input"][:-1])
    parts = {"s": LoihiSpikeGeneratorGroup(SIZES["s"], neuron, step + 1), "a": group(case, "a"), "b": group(case, "b")}
    synapses = [connect(case, pair, parts) for pair in PAIRS]
    # The current is what the update of the voltage sees: after the synapses, before it decays.
    u = {name: StateMonitor(parts[name], "I", record=True, when="groups", order=-1) for name in "ab"}
    v = {name: StateMonitor(parts[name], "v", record=True, when="end") for name in "ab"}
    spikes = {name: LoihiSpikeMonitor(parts[name]) for name in "ab"}
    LoihiNetwork(*parts.values(), *synapses, *u.values(), *v.values(), *spikes.values()).run(STEPS)
    out = {}
    for name in "ab":
        out |= {f"u_{name}": u[name].I.T.astype(np.int32), f"v_{name}": v[name].v.T.astype(np.int32)}
        out[f"spike_{name}"] = raster(spikes[name], SIZES[name])
    return out


if __name__ == "__main__":
    traces = [trace(case) for case in BRIAN_CASES]
    for k, t in enumerate(traces):
        print(k, summary(t))
    np.savez_compressed(Path(__file__).parent / "brian2_loihi.npz", **pack(BRIAN_CASES, traces))
