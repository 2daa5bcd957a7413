"""Golden traces of nengo-loihi's emulator, from integers given to its blocks directly (its own quantisation is left out).

    python -m venv nl && nl/bin/pip install nengo-loihi==1.1.0 nengo==3.2.0 'numpy<2'
    nl/bin/python tests/oracles/make_nengo_loihi.py          # writes nengo_loihi.npz beside this file

The emulator is in Python: about two seconds. Overflows are part of the cases, so its warnings about them are expected.
"""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from loihi1_cases import NENGO_CASES, PAIRS, SIZES, pack, summary
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder.discretize import discretize_weights
from nengo_loihi.emulator.interface import EmulatorInterface
from nengo_loihi.inputs import SpikeInput

LIMIT = 2**23 - 1


def block(case, name):
    """A population; the registers as 32-bit integers, which is how nengo-loihi tells a quantised block from a float one."""
    made = LoihiBlock(SIZES[name], label=name)
    c, n = made.compartment, SIZES[name]
    c.decay_u, c.decay_v = (np.full(n, case[f"{d}_{name}"], np.int32) for d in ("du", "dv"))
    c.vth = np.full(n, case[f"vth_{name}"] << 6, np.int32)
    c.bias = np.full(n, case[f"bias_mant_{name}"] << case[f"bias_exp_{name}"], np.int32)
    c.refract_delay = np.full(n, case[f"refract_{name}"], np.int32)
    c.scale_u = c.scale_v = False
    c.vmin, c.vmax, c.noise_exp, c.noise_offset = -LIMIT, LIMIT, 1, 0
    return made


def connect(case, pair, source, target):
    """A synapse on `target`, reached by an axon of `source`."""
    n_pre = SIZES[pair[0]]
    synapse = Synapse(n_pre)
    synapse.set_weights(np.zeros((n_pre, SIZES[pair[1]])))
    synapse.format(weight_exp=int(case[f"exp_{pair}"]))
    synapse.weights = [discretize_weights(synapse.synapse_cfg, row[None].astype(float)) for row in case[f"w_{pair}"]]
    target.add_synapse(synapse)
    axon = Axon(n_pre)
    axon.target = synapse
    axon.set_compartment_axon_map(np.arange(n_pre))
    source.axons.append(axon)


def trace(case):
    """Current, voltage and spikes of a and b."""
    spikes = SpikeInput(SIZES["s"])
    parts = {"s": spikes, "a": block(case, "a"), "b": block(case, "b")}
    for pair in PAIRS:
        connect(case, pair, parts[pair[0]], parts[pair[1]])
    for step, row in enumerate(case["input"]):
        spikes.add_spikes(step + 1, np.flatnonzero(row))
    model = SimpleNamespace(blocks=[parts["a"], parts["b"]], inputs=[spikes], probes=[], dt=0.001)
    emulator = EmulatorInterface(model, seed=0)
    out = {f"{x}_{name}": [] for name in "ab" for x in ("u", "v", "spike")}
    for _ in case["input"]:
        emulator.step()
        state = emulator.compartment
        for name, part in (("a", np.s_[:10]), ("b", np.s_[10:])):
            for key, values in (("u", state.current), ("v", state.voltage), ("spike", state.spiked)):
                out[f"{key}_{name}"].append(values[part].copy())
    return {key: np.array(values) for key, values in out.items()}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    traces = [trace(case) for case in NENGO_CASES]
    for k, t in enumerate(traces):
        print(k, summary(t))
    np.savez_compressed(Path(__file__).parent / "nengo_loihi.npz", **pack(NENGO_CASES, traces))
