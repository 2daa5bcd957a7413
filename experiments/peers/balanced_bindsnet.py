"""A balanced network in BindsNET."""

import torch
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection
from common import main


def build(given):
    torch.set_num_threads(1)
    steps, n = len(given["raster"]), len(given["recurrent"])
    network = Network(dt=1.0, learning=False)
    source = Input(n=given["raster"].shape[1])
    cells = LIFNodes(n=n, thresh=20.0, rest=0.0, reset=0.0, refrac=0, tc_decay=20.0)
    network.add_layer(source, name="source")
    network.add_layer(cells, name="cells")
    for pre, name in ((source, "external"), (cells, "recurrent")):
        synapses = Connection(pre, cells, w=torch.tensor(given[name] * given["decay"], dtype=torch.float32))
        network.add_connection(synapses, source="source" if pre is source else "cells", target="cells")
    spikes = Monitor(cells, ["s"], time=steps)
    network.add_monitor(spikes, name="spikes")
    shown = torch.tensor(given["raster"], dtype=torch.float32).unsqueeze(1)

    def run():
        with torch.no_grad():
            network.run(inputs={"source": shown}, time=steps)
        step, neuron = spikes.get("s").squeeze(1).nonzero(as_tuple=True)
        return {"step": step.numpy(), "neuron": neuron.numpy()}

    return run


main(build, "bindsnet", "torch")
