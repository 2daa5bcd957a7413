"""Two layers of LIF neurons that classify images, in BindsNET: all images at once."""

import torch
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection
from common import main


def build(given):
    torch.set_num_threads(1)
    images, steps, n = given["raster"].shape
    network = Network(dt=1.0, learning=False, batch_size=images)
    layers = [("image", Input(n=n))]
    layers += [
        (name, LIFNodes(n=size, thresh=1.0, rest=0.0, reset=0.0, refrac=0, tc_decay=20.0))
        for name, size in (("hidden", 512), ("output", 10))
    ]
    for name, nodes in layers:
        network.add_layer(nodes, name=name)
    for (before, pre), (name, post) in zip(layers, layers[1:], strict=False):
        w = torch.tensor(given[name] * given["decay"], dtype=torch.float32)
        network.add_connection(Connection(pre, post, w=w), source=before, target=name)
    spikes = Monitor(layers[-1][1], ["s"], time=steps, batch_size=images)
    network.add_monitor(spikes, name="spikes")
    shown = torch.tensor(given["raster"], dtype=torch.float32).transpose(0, 1).contiguous()

    def run():
        with torch.no_grad():
            network.run(inputs={"image": shown}, time=steps)
        return {"counts": spikes.get("s").sum(0).numpy()}

    return run


main(build, "bindsnet", "torch")
