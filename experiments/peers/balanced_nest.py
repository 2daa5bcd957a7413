"""A balanced network in NEST."""

import nest
import numpy as np
from common import main


def build(given):
    nest.set_verbosity("M_ERROR")
    nest.set(resolution=1.0, local_num_threads=1)
    n = len(given["recurrent"])
    cell = {"tau_m": 20.0, "C_m": 20.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": 20.0, "t_ref": 0.0, "I_e": 0.0}
    cells = nest.Create("iaf_psc_delta", n, cell)
    trains = [{"spike_times": np.flatnonzero(column) + 1.0} for column in given["raster"].T]
    source = nest.Create("spike_generator", len(trains), trains)
    for pre, name in ((source, "external"), (cells, "recurrent")):
        i, j = given[name].nonzero()
        ids = np.asarray(pre.tolist())[i], np.asarray(cells.tolist())[j]
        weights = {"weight": given[name][i, j] * given["decay"], "delay": np.full(len(i), 1.0)}
        nest.Connect(*ids, "one_to_one", {"synapse_model": "static_synapse", **weights})
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)

    def run():
        nest.Simulate(float(len(given["raster"])))
        events = spikes.events
        return {"step": events["times"].round().astype(int), "neuron": events["senders"] - cells[0].global_id}

    return run


main(build, "nest-simulator")
