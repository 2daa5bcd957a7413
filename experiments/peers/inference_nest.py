"""Two layers of LIF neurons that classify images, in NEST: one call of Simulate per image."""

import nest
import numpy as np
from common import main


def build(given):
    nest.set(resolution=1.0, local_num_threads=1)
    images, steps, n = given["raster"].shape
    cell = {"tau_m": 20.0, "C_m": 20.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": 1.0, "t_ref": 0.0}
    layers = [nest.Create("iaf_psc_delta", size, cell) for size in (512, 10)]
    trains = [{"spike_times": np.flatnonzero(column) + 1.0} for column in given["raster"].reshape(-1, n).T]
    image = nest.Create("spike_generator", n, trains)
    for pre, post, name in ((image, layers[0], "hidden"), (layers[0], layers[1], "output")):
        nest.Connect(pre, post, "all_to_all", {"weight": given[name].T * given["decay"], "delay": 1.0})
    spikes = nest.Create("spike_recorder")
    nest.Connect(layers[1], spikes)

    def run():
        for _ in range(images):
            for layer in layers:
                layer.V_m = 0.0
            nest.Simulate(float(steps))
        events = spikes.events
        shown = (events["times"].round().astype(int) - 1) // steps
        counts = np.zeros((images, 10), int)
        np.add.at(counts, (shown, events["senders"] - layers[1][0].global_id), 1)
        return {"counts": counts}

    return run


main(build, "nest-simulator")
