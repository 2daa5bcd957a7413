"""Pair STDP in NEST: `stdp_synapse` with additive updates. Its spikes arrive at the neuron after a delay of one step."""

import nest
import numpy as np
from common import main


def build(given):
    nest.set(resolution=1.0, local_num_threads=1)
    n_pre, n_post = given["weights"].shape
    cell = {"tau_m": 20.0, "C_m": 20.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": 20.0, "t_ref": 0.0, "tau_minus": 20.0}
    cells = nest.Create("iaf_psc_delta", n_post, cell)
    trains = [{"spike_times": np.flatnonzero(column) + 1.0} for column in given["raster"].T]
    generators = nest.Create("spike_generator", n_pre, trains)
    # A generator cannot have synapses that learn; a parrot neuron repeats its spikes.
    source = nest.Create("parrot_neuron", n_pre)
    nest.Connect(generators, source, "one_to_one", {"delay": 1.0})
    scale, top = float(given["decay"]), 1000.0
    synapse = {
        "synapse_model": "stdp_synapse", "tau_plus": 20.0, "mu_plus": 0.0, "mu_minus": 0.0, "lambda": float(given["up"]) / top,
        "alpha": float(given["down"] / given["up"]), "Wmax": top * scale, "weight": given["weights"].T * scale, "delay": 1.0,
    }  # fmt: skip
    nest.Connect(source, cells, "all_to_all", synapse)
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)

    def run():
        nest.Simulate(float(len(given["raster"]) + 1))
        counts = np.bincount(spikes.events["senders"] - cells[0].global_id, minlength=n_post)
        found = nest.GetConnections(source, cells)
        weights = np.zeros((n_pre, n_post))
        weights[np.array(found.source) - source[0].global_id, np.array(found.target) - cells[0].global_id] = found.weight
        return {"spikes": counts, "weights": weights / scale}

    return run


main(build, "nest-simulator")
