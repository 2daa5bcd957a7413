"""Pair STDP in BindsNET: its rule `PostPre`."""

import torch
from bindsnet.learning import PostPre
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection
from common import main


def build(given):
    torch.set_num_threads(1)
    steps = len(given["raster"])
    n_pre, n_post = given["weights"].shape
    scale = float(given["decay"])
    network = Network(dt=1.0)
    traces = {"traces": True, "traces_additive": True, "tc_trace": 20.0, "trace_scale": 1.0}
    source = Input(n=n_pre, **traces)
    cells = LIFNodes(n=n_post, thresh=20.0, rest=0.0, reset=0.0, refrac=0, tc_decay=20.0, **traces)
    synapses = Connection(
        source, cells, update_rule=PostPre, nu=(float(given["down"]) * scale, float(given["up"]) * scale),
        wmin=0.0, w=torch.tensor(given["weights"] * scale, dtype=torch.float32),
    )  # fmt: skip
    network.add_layer(source, name="source")
    network.add_layer(cells, name="cells")
    network.add_connection(synapses, source="source", target="cells")
    spikes = Monitor(cells, ["s"], time=steps)
    network.add_monitor(spikes, name="spikes")
    shown = torch.tensor(given["raster"], dtype=torch.float32).unsqueeze(1)

    def run():
        with torch.no_grad():
            network.run(inputs={"source": shown}, time=steps)
        return {"spikes": spikes.get("s").squeeze(1).sum(0).numpy(), "weights": synapses.w.detach().numpy() / scale}

    return run


main(build, "bindsnet", "torch")
