"""Populations and synapses for nengo-loihi's emulator, below Nengo's networks, whose ensembles choose weights."""

from types import SimpleNamespace

import numpy as np
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder.discretize import discretize_weights
from nengo_loihi.emulator.interface import EmulatorInterface
from nengo_loihi.inputs import SpikeInput

LIMIT = 2**23 - 1


def block(n, threshold, decay):
    """LIF neurons with delta synapses; `decay` of 4096 per step."""
    made = LoihiBlock(n)
    c = made.compartment
    c.decay_u, c.decay_v = np.full(n, 4096, np.int32), np.full(n, decay, np.int32)
    c.vth, c.bias = np.full(n, threshold << 6, np.int32), np.zeros(n, np.int32)
    c.refract_delay = np.full(n, 1, np.int32)
    c.scale_u = c.scale_v = False
    c.vmin, c.vmax, c.noise_exp, c.noise_offset = -LIMIT, LIMIT, 1, 0
    return made


def connect(source, target, weights, exponent=0):
    """Synapses with integer weights (n_pre, n_post)."""
    n_pre = len(weights)
    synapse = Synapse(n_pre)
    synapse.set_weights(np.zeros(weights.shape))
    synapse.format(weight_exp=exponent)
    synapse.weights = [discretize_weights(synapse.synapse_cfg, row[None].astype(float)) for row in weights]
    target.add_synapse(synapse)
    axon = Axon(n_pre)
    axon.target = synapse
    axon.set_compartment_axon_map(np.arange(n_pre))
    source.axons.append(axon)


def source_of(raster):
    """Input spikes from an array (steps, n)."""
    spikes = SpikeInput(raster.shape[1])
    for step, row in enumerate(raster):
        spikes.add_spikes(step + 1, np.flatnonzero(row))
    return spikes


def emulator(blocks, inputs):
    """The emulator of a model without probes, whose spikes are read after each step."""
    return EmulatorInterface(SimpleNamespace(blocks=blocks, inputs=inputs, probes=[], dt=0.001), seed=0)
