"""Diehl and Cook 2015: neurons learn what digits look like, with weights that are normalised between images.

Diehl and Cook (2015), doi:10.3389/fncom.2015.00099, with 25 neurons on the 8 x 8 digits that come with neurosim: each image is
shown as Poisson spikes for 350 ms, a neuron that fires inhibits all others and raises its threshold, and the weights of each
neuron are scaled to a sum of 25 mV before the next image. The normalisation is a host function: in neurosim with `every`, in
Brian2 with a network operation. As in the model `diehl_cook`, synapses make the voltage jump.
"""

import numpy as np
from brian2 import Network as BrianNetwork
from brian2 import NetworkOperation, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock

from neurosim import AdaptiveLIF, AllToAll, Network, Population, Projection, SpikeRaster, Uniform, start
from neurosim.analysis.measures import mean_rate
from neurosim.data import load_dataset
from neurosim.plasticity import diehl_cook
from neurosim.units import ms, mV

SHOWN, SUM, ETA, TARGET = 350, 0.025, 0.02, 0.4
"""Time of an image in ms, sum of the weights of a neuron in volts, learning rate, and the trace below which weights fall."""


def described(small):
    images = load_dataset("digits").train_images[: 3 if small else 60] / 16
    chances = np.repeat(images * 63.75 / 1000, SHOWN, axis=0)
    raster = (np.random.default_rng(0).random(chances.shape) < chances).astype(np.uint8)
    neuron = AdaptiveLIF(tau_m=100 * ms, v_th=13 * mV, tau_theta=1e7 * ms, theta_jump=0.2 * mV)
    populations = [Population("image", 64, SpikeRaster(raster)), Population("cells", 25, neuron)]
    rule = diehl_cook(eta=ETA, x_tar=TARGET, mu=1, w_max=2 * mV)
    synapses = [
        Projection("image", "cells", AllToAll(Uniform(0 * mV, 0.8 * mV)), plasticity=rule),
        Projection("cells", "cells", AllToAll(-17 * mV, autapses=False)),
    ]
    return Network("diehl_cook", populations, synapses, dt=1 * ms), len(raster) * ms


def running(on):
    def run_described(network, duration):
        run = start(network, on=on)
        run.every(SHOWN * ms, normalise)
        run.advance(duration)
        return run.recording

    return run_described


def normalise(run):
    weights = run.weights["image_cells"]
    run.weights["image_cells"] = weights * SUM / weights.sum(axis=0)


def by_hand(network, duration, inputs):
    defaultclock.dt = 1 * ms
    image = SpikeGeneratorGroup(64, *inputs["image"])
    cells = NeuronGroup(
        25,
        """dv/dt = -v/(100*ms) : volt
           dtheta/dt = -theta/(1e7*ms) : volt""",
        threshold="v > 13*mV + theta", reset="v = 0*mV; theta += 0.2*mV", method="exact",
    )  # fmt: skip
    learning = Synapses(
        image, cells,
        """w : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)""",
        on_pre="""v += w*volt
                  x += 1""",
        on_post="w = clip(w + ETA*(x - TARGET)*(0.002 - w), 0, inf)",
    )  # fmt: skip
    learning.connect()
    learning.w = network.weights("image_cells").ravel()
    others = Synapses(cells, cells, on_pre="v -= 17*mV")
    others.connect(condition="i != j")

    def normalise_now():
        if defaultclock.t > 0 * ms:
            weights = np.asarray(learning.w).reshape(64, 25)
            learning.w = (weights * SUM / weights.sum(axis=0)).ravel()

    operation, spikes = NetworkOperation(normalise_now, dt=SHOWN * ms, when="start"), SpikeMonitor(cells)
    BrianNetwork(image, cells, learning, others, operation, spikes).run(duration)
    normalise_now()
    return {"cells": spikes, "image_cells": learning}


def numbers(recording):
    weights = 1000 * recording.weights["image_cells"].values[-1]
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "neurons that fired (%)": 100 * np.mean(recording.counts("cells")[0] > 0),
        "standard deviation of the weights (mV)": weights.std(),
        "largest weight (mV)": weights.max(),
    }


EXECUTIONS = {"Brian2": running("brian2"), "emulator": running("emulator")}
